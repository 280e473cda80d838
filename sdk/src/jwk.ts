import type { SigningAlgorithm } from "@countersign/protocol/oauth.ts";
import { decodeBase64url } from "./base64url.ts";
import { hasSmallOrder } from "./ed25519-point.ts";
import type { PublicJwk } from "./signature/signature.ts";
import { isJsonObject, type JsonObject } from "./strict-json.ts";

/** A public key as its set describes it, before the platform has looked at it. */
export interface DescribedKey {
  keyId: string;
  algorithm: SigningAlgorithm;
  jwk: PublicJwk;
}

/** Only a private or a symmetric key has one of these [RFC 7518 §6.2.2, §6.3.2, §6.4]. */
const secretMembers = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/**
 * Reads one entry of a key set [RFC 7517 §4]. `undefined` for one that this verifier does not use:
 * a key for something else, of a kind or strength we do not take, or one that should have stayed
 * secret. What the entry says beyond the public key is dropped.
 */
export function parseJwk(entry: unknown): DescribedKey | undefined {
  if (!isJsonObject(entry)) return undefined;
  const { kid: keyId, use, key_ops: operations } = entry;
  if (typeof keyId !== "string" || keyId === "") return undefined;
  if (use !== undefined && use !== "sig") return undefined;
  if (operations !== undefined && !mayVerify(operations)) return undefined;
  if (secretMembers.some((member) => Object.hasOwn(entry, member))) return undefined;
  const kind = kinds.find(({ kty }) => kty === entry["kty"]);
  const jwk = kind?.parse(entry);
  if (kind === undefined || jwk === undefined) return undefined;
  // A key is for one algorithm: what it does not say follows from its kind [RFC 8725 §3.1].
  if (entry["alg"] !== undefined && entry["alg"] !== kind.algorithm) return undefined;
  return { keyId, algorithm: kind.algorithm, jwk };
}

interface KeyKind {
  kty: PublicJwk["kty"];
  algorithm: SigningAlgorithm;
  parse(entry: JsonObject): PublicJwk | undefined;
}

const kinds: readonly KeyKind[] = [
  { kty: "EC", algorithm: "ES256", parse: parseP256 },
  { kty: "RSA", algorithm: "RS256", parse: parseRsa },
  { kty: "OKP", algorithm: "EdDSA", parse: parseEd25519 },
];

const coordinateBytes = 32;

/** Whether the point is on the curve is checked by the platform when it takes the key. */
function parseP256({ crv, x, y }: JsonObject): PublicJwk | undefined {
  if (crv !== "P-256" || typeof x !== "string" || typeof y !== "string") return undefined;
  if (decodeBase64url(x)?.length !== coordinateBytes) return undefined;
  if (decodeBase64url(y)?.length !== coordinateBytes) return undefined;
  return { kty: "EC", crv, x, y };
}

/** Below 2048 bits a signature can be forged [RFC 7518 §3.3]; above 8192 it costs us too much. */
const modulusBitsMin = 2048;
const modulusBitsMax = 8192;
const exponentBytesMax = 4;

function parseRsa({ n, e }: JsonObject): PublicJwk | undefined {
  if (typeof n !== "string" || typeof e !== "string") return undefined;
  const modulus = decodeBase64url(n);
  const exponent = decodeBase64url(e);
  if (modulus === undefined || exponent === undefined) return undefined;
  const bits = bitsOf(modulus);
  if (bits < modulusBitsMin || bits > modulusBitsMax || !isOdd(modulus)) return undefined;
  if (exponent.length > exponentBytesMax || bitsOf(exponent) < 2 || !isOdd(exponent)) {
    return undefined;
  }
  return { kty: "RSA", n, e };
}

function parseEd25519({ crv, x }: JsonObject): PublicJwk | undefined {
  if (crv !== "Ed25519" || typeof x !== "string") return undefined;
  const point = decodeBase64url(x);
  if (point?.length !== coordinateBytes || hasSmallOrder(point)) return undefined;
  return { kty: "OKP", crv, x };
}

function mayVerify(operations: unknown): boolean {
  return Array.isArray(operations) && operations.includes("verify");
}

function bitsOf(bytes: Uint8Array): number {
  const first = bytes.findIndex((byte) => byte !== 0);
  if (first === -1) return 0;
  return (bytes.length - first - 1) * 8 + (32 - Math.clz32(bytes[first] ?? 0));
}

function isOdd(bytes: Uint8Array): boolean {
  return ((bytes.at(-1) ?? 0) & 1) === 1;
}
