import type { SigningAlgorithm } from "@countersign/protocol/oauth.ts";

/**
 * What a platform must be able to do. `node.ts` does it with `node:crypto`, `web.ts` with
 * WebCrypto; the `imports` of the package choose. Both are driven by the same tests.
 */
export interface SignaturePlatform {
  /** Throws when the platform does not take the key, for example a point off the curve. */
  importPublicKey(jwk: PublicJwk, algorithm: SigningAlgorithm): Promise<PublicKey>;

  /**
   * Whether the signature is over these bytes by this key. ES256 signatures come as `r` and `s` of
   * 32 bytes each [RFC 7518 §3.4]; the length has been checked.
   */
  verifySignature(check: SignatureCheck): boolean | Promise<boolean>;
}

/** The public members of a key, and no others [RFC 7518 §6, RFC 8037 §2]. */
export type PublicJwk =
  | { kty: "EC"; crv: "P-256"; x: string; y: string }
  | { kty: "RSA"; n: string; e: string }
  | { kty: "OKP"; crv: "Ed25519"; x: string };

/** A key in the platform's own form; only its platform looks into it. */
export type PublicKey = object;

export interface SignatureCheck {
  publicKey: PublicKey;
  algorithm: SigningAlgorithm;
  signed: Uint8Array<ArrayBuffer>;
  signature: Uint8Array<ArrayBuffer>;
}
