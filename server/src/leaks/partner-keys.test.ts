import assert from "node:assert/strict";
import { generateKeyPairSync, sign } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { pino } from "pino";
import { system } from "../system.ts";
import { openPartnerKeys, PartnerKeysRefused } from "./partner-keys.ts";

describe("the keys of scanning partners", () => {
  const folder = mkdtempSync(join(tmpdir(), "cs-keys-"));
  after(() => rmSync(folder, { recursive: true, force: true }));

  const file = join(folder, "keys.json");
  let elapsedMs = 0;
  const clock = { ...system, elapsedMs: () => elapsedMs };
  const open = (text: string) => {
    writeFileSync(file, text);
    return openPartnerKeys({ system: clock, log: pino({ level: "silent" }) }, file);
  };
  const pairOn = (namedCurve: string) => generateKeyPairSync("ec", { namedCurve });
  const pemOf = ({ publicKey }: ReturnType<typeof pairOn>) =>
    publicKey.export({ type: "spki", format: "pem" });
  const documentOf = (...keys: [string, string][]) =>
    JSON.stringify({
      public_keys: keys.map(([key_identifier, key]) => ({ key_identifier, key, is_current: true })),
    });
  const pair = pairOn("P-256");

  /** The example of GitHub's documentation; the key is the one that its Python sample names. */
  test("takes what GitHub publishes, and a signature as GitHub makes it", () => {
    const keys = open(
      documentOf([
        "90a421169f0a406205f1563a953312f0be898d3c7b6c06b681aa86a874555f4a",
        "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE9MJJHnMfn2+H4xL4YaPDA4RpJqUq\nkCmRCBnYERxZanmcpzQSXs1X/AljlKkbJ8qpVIW4clayyef9gWhFbNHWAA==\n-----END PUBLIC KEY-----\n",
      ]),
    );
    const body = Buffer.from('[{"token":"some_token","type":"some_type","url":"some_url"}]');
    const id = "90a421169f0a406205f1563a953312f0be898d3c7b6c06b681aa86a874555f4a";
    const signature =
      "MEUCIQDKZokqnCjrRtw0tni+2Ltvl/uiMJ1EGumEsp1BsNr32AIgQY1YXD2nlj+XNfGK4rBfkMJ1JDOQcYXxa2sY8FNkrKc=";
    assert.ok(keys.hasSigned(id, signature, body));
    assert.ok(!keys.hasSigned(id, signature, Buffer.concat([body, Buffer.from(" ")])));
    assert.ok(!keys.hasSigned("another", signature, body));
  });

  test("refuses a file that is not such a document, and says which and why", () => {
    const wrong: Record<string, string> = {
      "{": "not a JSON object",
      "[]": "holds no public_keys",
      "7": "not a JSON object",
      '{"public_keys":[]}': "holds no public_keys",
      '{"public_keys":[null]}': "key 1 lacks",
      '{"public_keys":[{"key":"x"}]}': "key 1 lacks",
      [documentOf(["a", "text"])]: "key 1 is not a public key on P-256",
      [documentOf(["a", pemOf(pair)], ["b", pemOf(pairOn("P-384"))])]: "key 2 is not",
      [documentOf(["a", pemOf(pair)], ["a", pemOf(pair)])]: "stands twice",
      [documentOf(["a", pair.privateKey.export({ type: "pkcs8", format: "pem" })])]:
        "key 1 is not a public key",
    };
    for (const [text, why] of Object.entries(wrong)) {
      assert.throws(
        () => open(text),
        (error: Error) =>
          error instanceof PartnerKeysRefused &&
          error.message.startsWith(`COUNTERSIGN_LEAK_REPORT_KEYS_FILE names ${file}, `) &&
          error.message.includes(why),
        text,
      );
    }
  });

  test("reads a changed file again, and stays with what it knows while that one is broken", () => {
    const keys = open(documentOf(["old", pemOf(pair)]));
    const body = Buffer.from("[]");
    const signature = sign("sha256", body, pair.privateKey).toString("base64");
    const knows = (id: string) => keys.knows(id) && keys.hasSigned(id, signature, body);
    assert.ok(knows("old"));
    writeFileSync(file, "half a docu");
    elapsedMs += 60_000;
    assert.ok(knows("old"));
    writeFileSync(file, documentOf(["new", pemOf(pair)]));
    elapsedMs += 60_000;
    assert.deepEqual([knows("new"), knows("old")], [true, false]);
    rmSync(file);
    elapsedMs += 60_000;
    assert.ok(knows("new"));
  });

  test("knows nobody without a file", () => {
    const keys = openPartnerKeys({ system: clock, log: pino({ level: "silent" }) }, undefined);
    assert.deepEqual(
      [keys.knows("any"), keys.hasSigned("any", "", Buffer.alloc(0))],
      [false, false],
    );
  });
});
