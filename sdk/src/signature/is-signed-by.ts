import type { CompactToken } from "../compact-token.ts";
import type { VerificationKey } from "../key-set.ts";
import type { SignaturePlatform } from "./signature.ts";

const ascii = new TextEncoder();

/** ES256 and Ed25519 signatures have one length [RFC 7518 §3.4, RFC 8032 §5.1.6]; RSA's is its key's. */
const signatureBytes = { ES256: 64, EdDSA: 64, RS256: undefined } as const;

/**
 * Whether the key signed the token. The algorithm is the key's; a token that names another is
 * refused, never obeyed [RFC 8725 §3.1].
 */
export async function isSignedBy(
  key: VerificationKey,
  token: CompactToken,
  platform: SignaturePlatform,
): Promise<boolean> {
  const { algorithm, publicKey } = key;
  const { signature } = token;
  if (token.algorithm !== algorithm) return false;
  const length = signatureBytes[algorithm];
  if (length !== undefined && signature.length !== length) return false;
  const signed = ascii.encode(token.signedText);
  return platform.verifySignature({ publicKey, algorithm, signed, signature });
}
