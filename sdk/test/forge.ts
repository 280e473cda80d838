import { constants, generateKeyPairSync, type KeyObject, sign } from "node:crypto";

/** A key pair with the entry that its set lists for it. */
export interface TestKey {
  kid: string;
  algorithm: "ES256" | "RS256" | "EdDSA";
  privateKey: KeyObject;
  publicKey: KeyObject;
  jwk: Record<string, unknown>;
}

export function makeKey(algorithm: TestKey["algorithm"], kid: string): TestKey {
  const { privateKey, publicKey } = makePair(algorithm);
  const jwk = { ...publicKey.export({ format: "jwk" }), kid, use: "sig", alg: algorithm };
  return { kid, algorithm, privateKey, publicKey, jwk };
}

function makePair(algorithm: TestKey["algorithm"]) {
  if (algorithm === "RS256") return generateKeyPairSync("rsa", { modulusLength: 2048 });
  if (algorithm === "EdDSA") return generateKeyPairSync("ed25519");
  return generateKeyPairSync("ec", { namedCurve: "P-256" });
}

/** When the tests take place: 2027-01-15T08:00:00Z. */
export const nowSeconds = 1_800_000_000;

export const audience = "https://api.example/v2";

export function goodClaims(issuer: string): Record<string, unknown> {
  return {
    iss: issuer,
    sub: "app_1",
    aud: audience,
    iat: nowSeconds - 10,
    exp: nowSeconds + 1790,
    jti: "tok_1",
    client_id: "app_1",
    scope: "corpora:read documents:read",
    tenant: "ten_1",
    pos: 7,
    cred: "crd_1",
  };
}

/** A member that is `undefined` is left out; text is taken as it is, to write what no writer would. */
export interface Forgery {
  header?: Record<string, unknown> | string;
  claims?: Record<string, unknown> | string;
  signature?: (signed: string) => Buffer;
}

/** Signs what a test wants to have signed. */
export function forge(key: TestKey, issuer: string, forgery: Forgery = {}): string {
  const header = textOf({ alg: key.algorithm, kid: key.kid, typ: "at+jwt" }, forgery.header);
  const claims = textOf(goodClaims(issuer), forgery.claims);
  const signed = `${encode(header)}.${encode(claims)}`;
  const signature = forgery.signature?.(signed) ?? signatureOf(key, signed);
  return `${signed}.${signature.toString("base64url")}`;
}

export function signatureOf({ algorithm, privateKey }: TestKey, signed: string): Buffer {
  const bytes = Buffer.from(signed);
  if (algorithm === "EdDSA") return sign(null, bytes, privateKey);
  if (algorithm === "RS256") return sign("sha256", bytes, privateKey);
  return sign("sha256", bytes, { key: privateKey, dsaEncoding: "ieee-p1363" });
}

export function pssSignatureOf({ privateKey }: TestKey, signed: string): Buffer {
  const padding = constants.RSA_PKCS1_PSS_PADDING;
  return sign("sha256", Buffer.from(signed), { key: privateKey, padding, saltLength: 32 });
}

export function encode(text: string): string {
  return Buffer.from(text).toString("base64url");
}

function textOf(good: Record<string, unknown>, change: Record<string, unknown> | string = {}) {
  return typeof change === "string" ? change : JSON.stringify({ ...good, ...change });
}
