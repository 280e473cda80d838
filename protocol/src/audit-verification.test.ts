import assert from "node:assert/strict";
import { generateKeyPairSync, hash, sign } from "node:crypto";
import { describe, test } from "node:test";
import type { AuditEvent } from "./admin/audit-events.ts";
import { auditHeadType, chainedText, chainStartText } from "./audit-chain.ts";
import type { Jwk } from "./audit-head.ts";
import { endOfEarlierExport, verifyAuditExport } from "./audit-verification.ts";
import { linesOf } from "./text-lines.ts";

const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const keys: Jwk[] = [{ ...publicKey.export({ format: "jwk" }), kid: "one", alg: "ES256" }];
const sha256 = (text: string): string => hash("sha256", text, "base64url");
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
const start = { sequence: 0, hash: sha256(chainStartText("tnt_1")) };

/** An export with so many events, sealed as the server seals them. */
function makeLog(count: number, name = "x", begins = start): string[] {
  let last = begins;
  const events = Array.from({ length: count }, (_, index) => {
    const sequence = last.sequence + 1;
    const event = {
      id: `aud_${sequence}`,
      at: new Date(1_700_000_000_000 + index * 1_000).toISOString(),
      actor: { type: "user", id: "usr_1" },
      action: "app_client.created",
      subject: { type: "app_client", id: "app_1" },
      after: { name },
      request_id: "req_1",
      sequence,
    } as AuditEvent;
    last = { sequence, hash: sha256(chainedText(last.hash, event)) };
    return JSON.stringify({ ...event, hash: last.hash });
  });
  const claims = {
    iss: "https://a.example",
    tenant: "tnt_1",
    iat: 1,
    ...last,
    begins_after: begins,
  };
  return [...events, JSON.stringify({ head: signed(claims) })];
}

function signed(claims: object): string {
  const text = `${encode({ alg: "ES256", typ: auditHeadType, kid: "one" })}.${encode(claims)}`;
  const key = { key: privateKey, dsaEncoding: "ieee-p1363" } as const;
  return `${text}.${sign("sha256", Buffer.from(text), key).toString("base64url")}`;
}

const firstProblem = async (lines: string[], given = keys): Promise<unknown[]> => {
  const [problem] = (await verifyAuditExport(lines, given)).problems;
  return [problem?.kind, problem?.sequence];
};

describe("verifyAuditExport", () => {
  test("finds nothing in a whole log, however many batches it has", async () => {
    const verdict = await verifyAuditExport(makeLog(1_000), keys);
    assert.deepEqual([verdict.problems, verdict.events, verdict.keyId], [[], 1_000, "one"]);
    assert.equal(verdict.firstAt, "2023-11-14T22:13:20.000Z");
    assert.equal(verdict.lastAt, "2023-11-14T22:29:59.000Z");
    assert.equal(verdict.head?.sequence, 1_000);
  });

  test("verifies what retention left", async () => {
    const begins = { sequence: 7, hash: sha256("what was before") };
    assert.deepEqual((await verifyAuditExport(makeLog(3, "x", begins), keys)).problems, []);
  });

  test("tells where it breaks first, and how", async () => {
    const log = makeLog(600);
    const changed = (index: number): string => log[index]!.replace('"x"', '"y"');
    const head = log.at(-1)!;
    const swapped = log.with(299, log[300]!).with(300, log[299]!);
    assert.deepEqual(await firstProblem(log.with(400, changed(400))), ["changed", 401]);
    assert.deepEqual(await firstProblem(log.with(0, changed(0))), ["changed", 1]);
    const both = log.with(400, changed(400)).with(0, changed(0));
    assert.deepEqual(await firstProblem(both), ["changed", 1]);
    assert.deepEqual(await firstProblem(log.toSpliced(300, 1)), ["removed", 301]);
    assert.deepEqual(await firstProblem(log.toSpliced(0, 1)), ["removed", 1]);
    assert.deepEqual(await firstProblem(log.toSpliced(599, 1)), ["removed", 600]);
    assert.deepEqual(await firstProblem([head]), ["removed", 1]);
    assert.deepEqual(await firstProblem(swapped), ["moved", 300]);
    assert.deepEqual(await firstProblem(log.toSpliced(300, 0, log[299]!)), ["moved", 300]);
    assert.deepEqual(await firstProblem(log.slice(0, 300)), ["cut_off", undefined]);
    assert.deepEqual(await firstProblem([...log, log[0]!]), ["added", undefined]);
    assert.deepEqual(await firstProblem([...makeLog(601).slice(0, -1), head]), ["added", 601]);
    assert.deepEqual(await firstProblem(log.with(5, ` ${log[5]}`)), ["unreadable", undefined]);
    assert.deepEqual(await firstProblem([]), ["empty", undefined]);
  });

  test("believes no head that the key did not sign", async () => {
    const log = makeLog(2);
    const { head } = JSON.parse(log.at(-1)!) as { head: string };
    const [header, payload, signature] = head.split(".") as [string, string, string];
    const withHead = (jws: string): string[] => [
      ...log.slice(0, -1),
      JSON.stringify({ head: jws }),
    ];
    const none = encode({ alg: "none", typ: auditHeadType, kid: "one" });
    for (const forged of [
      `${header}.${encode({ sequence: 0 })}.${signature}`,
      `${header}.${payload}.`,
      `${header}.${payload}.*`,
      `${none}.${payload}.`,
    ]) {
      assert.deepEqual(await firstProblem(withHead(forged)), ["bad_signature", undefined], forged);
    }
    assert.deepEqual(await firstProblem(withHead("x.y.z")), ["not_a_head", undefined]);
    assert.deepEqual(await firstProblem(log, []), ["unknown_key", undefined]);
  });

  test("has no verdict when the key cannot be used or reading fails", async () => {
    await assert.rejects(verifyAuditExport(makeLog(1), [{ kid: "one", alg: "ES256", kty: "EC" }]));
    async function* failing(): AsyncGenerator<string> {
      yield* makeLog(2).slice(0, 1);
      throw new Error("broken off");
    }
    await assert.rejects(verifyAuditExport(failing(), keys), /broken off/);
  });

  test("notices that a log was rewritten, cut or emptied since an earlier export", async () => {
    const earlier = endOfEarlierExport(makeLog(5).join("\n"))!;
    const told = async (lines: string[]) =>
      (await verifyAuditExport(lines, keys, { earlier })).problems.map(({ kind }) => kind);
    assert.deepEqual(await told(makeLog(9)), []);
    assert.deepEqual(await told(makeLog(9, "rewritten")), ["other_log"]);
    assert.deepEqual(await told(makeLog(4)), ["other_log"]);
    assert.deepEqual(await told([]), ["other_log"]);
  });

  test("tells how far it is, and goes on when it may", async () => {
    const seen: number[] = [];
    await verifyAuditExport(makeLog(600), keys, { onProgress: (events) => seen.push(events) });
    assert.deepEqual(seen, [256, 512, 600]);
  });
});

describe("endOfEarlierExport", () => {
  test("reads an export, its last line, or the head alone", () => {
    const log = makeLog(5);
    const { head } = JSON.parse(log.at(-1)!) as { head: string };
    for (const kept of [`${log.join("\n")}\n`, log.at(-1)!, ` ${head}\n`]) {
      assert.equal(endOfEarlierExport(kept)?.sequence, 5);
    }
    for (const other of ["", "{}", log[0]!, `${encode({ typ: "at+jwt" })}.${encode({})}.x`]) {
      assert.equal(endOfEarlierExport(other), undefined);
    }
  });
});

describe("linesOf", () => {
  const read = (...chunks: Uint8Array[]): Promise<string[]> =>
    Array.fromAsync(linesOf(ReadableStream.from(chunks)));

  test("ends lines at a line feed only, wherever the chunks end", async () => {
    const bytes = Buffer.from('{"name":"\u2028ü"}\n\r\n€');
    const single = Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
    assert.deepEqual(await read(...single), ['{"name":"\u2028ü"}', "\r", "€"]);
    assert.deepEqual(await read(), []);
  });

  test("verifies an event that holds another end of line", async () => {
    const bytes = Buffer.from(`${makeLog(3, "a\u2028b").join("\n")}\n`);
    const verdict = await verifyAuditExport(linesOf(ReadableStream.from([bytes])), keys);
    assert.deepEqual([verdict.problems, verdict.events], [[], 3]);
  });

  test("does not keep a line that never ends", async () => {
    await assert.rejects(read(Buffer.alloc(4_000_001, "x")), /too long/);
  });
});
