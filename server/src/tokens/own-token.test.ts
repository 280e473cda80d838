import assert from "node:assert/strict";
import { after, before, beforeEach, describe, mock, test } from "node:test";
import { scheduleOf } from "../keys/rotation.ts";
import { createDataKey, openSealer } from "../keys/sealing.ts";
import { createSigningKeys, type SigningKeys } from "../keys/signing.ts";
import { sampleTenant } from "../store/contract/records.contract.ts";
import { temporaryFile } from "../store/contract/temporary-file.contract.ts";
import { followChanges } from "../store/feed.ts";
import { openSqlite } from "../store/sqlite/sqlite.ts";
import type { Store } from "../store/store.ts";
import { system } from "../system.ts";
import { createAccessTokens } from "./access-token.ts";
import { readOwnToken } from "./own-token.ts";

const issuer = "https://auth.example.com";
const ours = sampleTenant();
const theirs = sampleTenant();
const startMs = 1_700_000_000_000;
const lifetimeSeconds = 600;

describe("a token of our own", () => {
  let file: ReturnType<typeof temporaryFile>;
  let store: Store;
  let keys: SigningKeys;
  let nowMs = startMs;
  const clock = { ...system, now: () => nowMs };
  let token: string;

  before(async () => {
    mock.timers.enable({ apis: ["setInterval"] });
    file = temporaryFile();
    store = await openSqlite(file.path);
    const masterKey = { id: "master", key: system.randomBytes(32) };
    for (const made of [ours, theirs]) {
      const dataKey = createDataKey(system, masterKey, made.tenant.id);
      await store.insertTenant({ ...made, dataKey });
    }
    const sealer = await openSealer(system, [masterKey], store);
    const feed = await followChanges(store, system);
    const schedule = scheduleOf(90, 86_400);
    keys = createSigningKeys({ system: clock, store, feed, sealer, schedule });
    for (const { tenant } of [ours, theirs]) await keys.rotate(tenant.id, "ES256", "schedule");
  });

  after(async () => {
    mock.timers.reset();
    await store.close();
    file.remove();
  });

  beforeEach(async () => {
    nowMs = startMs;
    token = await issueFor(ours);
  });

  async function issueFor({ tenant, api }: typeof ours): Promise<string> {
    const tokens = createAccessTokens({
      system: clock,
      keys,
      issuerOf: () => issuer,
      position: () => 7,
    });
    const subject = {
      subject: "client_1",
      clientId: "client_1",
      tenantId: tenant.id,
      roles: ["viewer"],
      credentialId: "crd_1",
    };
    const details = [{ type: "corpus", identifier: "c1", actions: ["corpora:read" as const] }];
    const grant = { api, scope: "corpora:read", details, lifetimeSeconds };
    return (await tokens.issue(subject, grant)).accessToken;
  }

  const expected = { tenantId: ours.tenant.id, issuer, audience: ours.api.audience };
  const read = (text: string, own: Partial<typeof expected> = {}) =>
    readOwnToken({ system: clock, keys }, text, { ...expected, ...own });

  const decode = (segment: string): Record<string, unknown> =>
    JSON.parse(Buffer.from(segment, "base64url").toString()) as Record<string, unknown>;
  const encode = (value: unknown): string =>
    Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

  /** The token with another header or other claims, signed by the true key all the same. */
  async function signed(change: {
    header?: object;
    claims?: object;
    payload?: string;
  }): Promise<string> {
    const [header = "", payload = ""] = token.split(".");
    const claims = { ...decode(payload), ...change.claims };
    const input = [
      encode({ ...decode(header), ...change.header }),
      encode(change.payload ?? claims),
    ].join(".");
    const key = await keys.current(ours.tenant.id, "ES256");
    return `${input}.${key.sign(input)}`;
  }

  test("is read as it was issued", async () => {
    const claims = await read(token);
    assert.deepEqual(
      { ...claims, jti: undefined },
      {
        iss: issuer,
        sub: "client_1",
        aud: ours.api.audience,
        exp: startMs / 1_000 + lifetimeSeconds,
        iat: startMs / 1_000,
        jti: undefined,
        client_id: "client_1",
        scope: "corpora:read",
        roles: ["viewer"],
        tenant: ours.tenant.id,
        pos: 7,
        cred: "crd_1",
        authorization_details: [{ type: "corpus", identifier: "c1", actions: ["corpora:read"] }],
      },
    );
    assert.deepEqual(await read(await signed({})), claims);
  });

  test("is for its issuer, its audience and its tenant's keys only", async () => {
    for (const own of [
      { issuer: "https://auth.example.org" },
      { issuer: `${issuer}/` },
      { audience: "https://api.example.org" },
      { tenantId: theirs.tenant.id },
      { tenantId: "tnt_unknown" },
    ]) {
      assert.equal(await read(token, own), undefined, JSON.stringify(own));
    }
    assert.equal(await read(await issueFor(theirs)), undefined);
  });

  test("lives from its issue to its end, but for a little tolerance", async () => {
    const at = async (seconds: number) => {
      nowMs = startMs + seconds * 1_000;
      return (await read(token)) !== undefined;
    };
    for (const seconds of [-3_600, -61]) assert.equal(await at(seconds), false);
    for (const seconds of [0, 1, lifetimeSeconds - 1]) assert.equal(await at(seconds), true);
    for (const seconds of [61, 3_600]) assert.equal(await at(lifetimeSeconds + seconds), false);
  });

  test("is refused when one character of it is another", async () => {
    for (let at = 0; at < token.length; at += 1) {
      const character = token[at] === "A" ? "B" : "A";
      const altered = token.slice(0, at) + character + token.slice(at + 1);
      assert.equal(await read(altered), undefined, `character ${at}`);
    }
    const [header, payload, signature] = token.split(".");
    const spellings = [
      `${token}=`,
      `${token}.`,
      ` ${token}`,
      `${token}\n`,
      `${header}.${payload}.`,
    ];
    for (const text of [...spellings, "", "..", `${header}..${signature}`, "A".repeat(20_000)]) {
      assert.equal(await read(text), undefined);
    }
  });

  test("is refused when its header says something else, though the signature is right", async () => {
    const headers = [
      { typ: "JWT" },
      { typ: undefined },
      { typ: "AT+JWT " },
      { alg: "none" },
      { alg: "RS256" },
      { alg: "HS256" },
      { kid: "unknown" },
      { kid: undefined },
      { kid: ["a"] },
      { crit: ["exp"] },
    ];
    for (const header of headers) {
      assert.equal(await read(await signed({ header })), undefined, JSON.stringify(header));
    }
  });

  test("is refused when its claims are of another form, though the signature is right", async () => {
    const claims = [
      { aud: [expected.audience] },
      { aud: undefined },
      { iss: undefined },
      { exp: undefined },
      { exp: String(startMs) },
      { exp: 1e300 },
      { iat: undefined },
      { iat: startMs / 1_000 + 120 },
      { nbf: startMs / 1_000 + 120 },
      { client_id: undefined },
      { scope: ["corpora:read"] },
      { authorization_details: {} },
    ];
    for (const own of claims) {
      assert.equal(await read(await signed({ claims: own })), undefined, JSON.stringify(own));
    }
    const plain = Buffer.from(token.split(".")[1]!, "base64url").toString();
    const payloads = [plain.replace("{", '{"scope":"x",'), `${plain} `, `[${plain}]`, "null", "{"];
    for (const payload of [...payloads, `\uFEFF${plain}`]) {
      assert.equal(await read(await signed({ payload })), undefined, payload);
    }
  });
});
