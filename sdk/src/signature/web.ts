import type { SigningAlgorithm } from "@countersign/protocol/oauth.ts";
import type { PublicJwk, SignatureCheck } from "./signature.ts";

const importParameters = {
  ES256: { name: "ECDSA", namedCurve: "P-256" },
  RS256: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
  EdDSA: { name: "Ed25519" },
} as const;

const verifyParameters = {
  ES256: { name: "ECDSA", hash: "SHA-256" },
  RS256: { name: "RSASSA-PKCS1-v1_5" },
  EdDSA: { name: "Ed25519" },
} as const;

type WebKey = Parameters<typeof crypto.subtle.verify>[1];

export function importPublicKey(jwk: PublicJwk, algorithm: SigningAlgorithm): Promise<WebKey> {
  return crypto.subtle.importKey("jwk", jwk, importParameters[algorithm], false, ["verify"]);
}

export function verifySignature(check: SignatureCheck): Promise<boolean> {
  const { publicKey, algorithm, signed, signature } = check;
  const parameters = verifyParameters[algorithm];
  return crypto.subtle.verify(parameters, publicKey as WebKey, signature, signed);
}
