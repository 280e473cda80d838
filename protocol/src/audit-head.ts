import { auditHeadType, type AuditHeadClaims } from "./audit-chain.ts";

/**
 * Opens the signed head of an audit log, in a browser as well as in Node: JWS compact serialization
 * [RFC 7515 §5.2], and only what an issuer signs heads with.
 */

/** A public key as a key set has it [RFC 7517 §4]. */
export interface Jwk {
  kty?: string;
  kid?: string;
  alg?: string;
  crv?: string;
  x?: string;
  y?: string;
  n?: string;
  e?: string;
}

export type OpenedHead =
  | { claims: AuditHeadClaims; keyId: string }
  | { refusal: "not_a_head" | "unknown_key" | "bad_signature"; message: string };

/** Throws when the key that signed it cannot be used here: then nothing is known about the head. */
export async function openAuditHead(jws: string, keys: readonly Jwk[]): Promise<OpenedHead> {
  const [header = "", payload = "", signature = "", ...rest] = jws.split(".");
  const { alg, typ, kid } = readSegment(header);
  if (rest.length > 0 || typ !== auditHeadType || typeof kid !== "string") {
    return { refusal: "not_a_head", message: "the head is not a signed audit head" };
  }
  const jwk = keys.find((key) => key.kid === kid);
  if (jwk === undefined) {
    const message = `the key ${kid} that signed the head is not in the key set`;
    return { refusal: "unknown_key", message };
  }
  if (await isSignedBy(jwk, alg, `${header}.${payload}`, bytesOf(signature))) {
    return { claims: readSegment(payload) as unknown as AuditHeadClaims, keyId: kid };
  }
  return { refusal: "bad_signature", message: "the signature of the head is not valid" };
}

/** What a head says of itself, signed or not: for one that is trusted because of where it was kept. */
export function readHeadClaims(jws: string): AuditHeadClaims | undefined {
  const [header = "", payload = ""] = jws.split(".");
  if (readSegment(header)["typ"] !== auditHeadType) return undefined;
  const { sequence, hash } = readSegment(payload);
  const isHead = Number.isSafeInteger(sequence) && typeof hash === "string";
  return isHead ? (readSegment(payload) as unknown as AuditHeadClaims) : undefined;
}

const algorithms = {
  ES256: { key: { name: "ECDSA", namedCurve: "P-256" }, use: { name: "ECDSA", hash: "SHA-256" } },
  RS256: {
    key: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
    use: { name: "RSASSA-PKCS1-v1_5" },
  },
  EdDSA: { key: { name: "Ed25519" }, use: { name: "Ed25519" } },
} as const;

async function isSignedBy(
  jwk: Jwk,
  alg: unknown,
  text: string,
  signature: Uint8Array<ArrayBuffer> | undefined,
): Promise<boolean> {
  if (jwk.alg !== alg || signature === undefined) return false;
  if (alg !== "ES256" && alg !== "RS256" && alg !== "EdDSA") return false;
  const { key: importing, use } = algorithms[alg];
  const key = await crypto.subtle
    .importKey("jwk", pointOf(jwk), importing, false, ["verify"])
    .catch((error: unknown) => {
      throw new Error(`The key ${jwk.kid} cannot be used here.`, { cause: error });
    });
  return crypto.subtle.verify(use, key, signature, new TextEncoder().encode(text));
}

/** The key alone: platforms differ in what else they accept beside it. */
const pointOf = ({ kty, crv, x, y, n, e }: Jwk): Jwk & { kty: string } =>
  JSON.parse(JSON.stringify({ kty, crv, x, y, n, e })) as Jwk & { kty: string };

function readSegment(segment: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytesOf(segment)));
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[\w-]*$/.test(text)) return undefined;
  try {
    const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    return Uint8Array.from(binary, (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}
