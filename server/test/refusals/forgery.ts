import { createHmac, createPrivateKey, sign, type KeyObject, type webcrypto } from "node:crypto";
import { join } from "node:path";
import { loadMasterKeys } from "../../src/keys/master-key.ts";
import { openSealer } from "../../src/keys/sealing.ts";
import { system } from "../../src/system.ts";
import { claimsOf } from "../calls.ts";
import type { InProcessServer } from "../server.ts";

/** Tokens that nobody should take: made with keys of one's own, or with the server's, taken from its safe. */

export interface Forgery {
  /** Members that replace those of the good token, or the whole text; `undefined` leaves one out. */
  header?: Record<string, unknown> | string;
  claims?: Record<string, unknown> | string;
  signature?: (signed: string) => Buffer;
}

export interface Forger {
  /** What the server itself would sign for this client. */
  forge(forgery?: Forgery): string;
  kid: string;
  publicJwk: webcrypto.JsonWebKey;
  privateKey: KeyObject;
}

/** The one place outside the server that has its signing key: so that each single claim can be varied. */
export async function createForger(server: InProcessServer, goodToken: string): Promise<Forger> {
  const { store } = server.app;
  const { id: tenantId } = (await store.findFirstTenant())!;
  const sealer = await openSealer(
    system,
    loadMasterKeys(system, join(server.dataDir, "master.key")),
    store,
  );
  const record = (await store.listSigningKeys(tenantId)).find(({ stage }) => stage === "current")!;
  const place = { tenantId, label: "signing_key.private", rowId: record.id };
  const privateKey = createPrivateKey({
    key: JSON.parse(sealer.open(place, record.sealedPrivateKey!)) as webcrypto.JsonWebKey,
    format: "jwk",
  });
  return {
    kid: record.id,
    publicJwk: JSON.parse(record.publicJwk) as webcrypto.JsonWebKey,
    privateKey,
    forge({ header, claims, signature = (signed: string) => es256(privateKey, signed) } = {}) {
      const goodHeader = { alg: "ES256", typ: "at+jwt", kid: record.id };
      const signed = `${segment(goodHeader, header)}.${segment(claimsOf(goodToken), claims)}`;
      return `${signed}.${signature(signed).toString("base64url")}`;
    },
  };
}

export const es256 = (key: KeyObject, signed: string): Buffer =>
  sign("sha256", Buffer.from(signed), { key, dsaEncoding: "ieee-p1363" });

export const derEs256 = (key: KeyObject, signed: string): Buffer =>
  sign("sha256", Buffer.from(signed), key);

export const hs256 = (secret: string | Buffer, signed: string): Buffer =>
  createHmac("sha256", secret).update(signed).digest();

export const encode = (text: string): string => Buffer.from(text).toString("base64url");

function segment(good: Record<string, unknown>, change: Record<string, unknown> | string = {}) {
  return encode(typeof change === "string" ? change : JSON.stringify({ ...good, ...change }));
}
