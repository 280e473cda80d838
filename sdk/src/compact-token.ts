import { accessTokenType } from "@countersign/protocol/access-token.ts";
import { type AuthorizationError, invalidToken } from "./authorization-error.ts";
import { decodeBase64url } from "./base64url.ts";
import { type JsonObject, parseStrictJsonObject } from "./strict-json.ts";

/** A longer token is refused unread; ours are below 8 kB with the most rights they can carry. */
export const tokenCharactersMax = 16_384;

const keyIdCharactersMax = 256;

/** An access token taken apart. Nothing in it is to be believed before its signature is checked. */
export interface CompactToken {
  algorithm: string;
  keyId: string;
  payload: JsonObject;
  signature: Uint8Array<ArrayBuffer>;
  /** What the signature is over: the ASCII text of the first two segments [RFC 7515 §5.2]. */
  signedText: string;
}

/**
 * Takes a JWS in compact serialization apart [RFC 7515 §7.1], strictly: there is one way to write
 * a token. Throws `invalid_token` for anything else.
 */
export function parseCompactToken(token: string): CompactToken {
  if (token.length > tokenCharactersMax) throw invalidToken("The access token is too long.");
  const headerEnd = token.indexOf(".");
  const payloadEnd = token.indexOf(".", headerEnd + 1);
  if (headerEnd === -1 || payloadEnd === -1) throw malformed();
  const header = parseSegment(token.slice(0, headerEnd));
  const { algorithm, keyId } = parseHeader(header);
  const payload = parseSegment(token.slice(headerEnd + 1, payloadEnd));
  const signature = decodeBase64url(token.slice(payloadEnd + 1));
  if (signature === undefined) throw malformed();
  return { algorithm, keyId, payload, signature, signedText: token.slice(0, payloadEnd) };
}

/**
 * Members that make a token mean something else than it seems to: extensions to be understood
 * [RFC 7515 §4.1.11], an unencoded payload [RFC 7797 §3], a compressed one [RFC 7516 §4.1.3].
 */
const extensions = ["crit", "b64", "zip"];

/**
 * Only `alg`, `kid` and `typ` are read. Keys that the header carries or points to (`jwk`, `jku`,
 * `x5u`, `x5c`) have no effect [RFC 8725 §3.10]; whether `alg` fits is decided by the key.
 */
function parseHeader(header: JsonObject): { algorithm: string; keyId: string } {
  if (extensions.some((member) => Object.hasOwn(header, member))) throw malformed();
  if (!isAccessTokenType(header["typ"])) throw invalidToken("This is not an access token.");
  const { alg: algorithm, kid: keyId } = header;
  if (typeof algorithm !== "string" || typeof keyId !== "string") throw malformed();
  if (keyId.length === 0 || keyId.length > keyIdCharactersMax) throw malformed();
  return { algorithm, keyId };
}

/** Media types are compared without case, `application/` may be left out [RFC 7515 §4.1.9]. */
function isAccessTokenType(type: unknown): boolean {
  if (typeof type !== "string") return false;
  const name = type.toLowerCase();
  return name === accessTokenType || name === `application/${accessTokenType}`;
}

function parseSegment(segment: string): JsonObject {
  const bytes = decodeBase64url(segment);
  const value = bytes === undefined ? undefined : parseStrictJsonObject(bytes);
  if (value === undefined) throw malformed();
  return value;
}

function malformed(): AuthorizationError {
  return invalidToken("The access token is malformed.");
}
