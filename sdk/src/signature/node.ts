import { createPublicKey, type KeyObject, verify } from "node:crypto";
import type { SigningAlgorithm } from "@countersign/protocol/oauth.ts";
import { derOf } from "./der.ts";
import { nextTurn } from "./turn.ts";
import type { PublicJwk, SignatureCheck } from "./signature.ts";

const hashOf = { ES256: "sha256", RS256: "sha256", EdDSA: null } as const;

// oxlint-disable-next-line require-await -- one shape with WebCrypto, whose import is asynchronous
export async function importPublicKey(
  jwk: PublicJwk,
  _algorithm: SigningAlgorithm,
): Promise<KeyObject> {
  return createPublicKey({ key: { ...jwk }, format: "jwk" });
}

/**
 * Checks on this thread: one signature takes less time than handing it to another. The key is a bare
 * `KeyObject` and the signature DER, because `dsaEncoding` costs a third more on Node 24.
 */
export async function verifySignature(check: SignatureCheck): Promise<boolean> {
  await nextTurn();
  const { publicKey, algorithm, signed, signature } = check;
  const encoded = algorithm === "ES256" ? derOf(signature) : signature;
  return verify(hashOf[algorithm], signed, publicKey as KeyObject, encoded);
}
