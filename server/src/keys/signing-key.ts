import {
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  sign,
  verify,
  type KeyObject,
  type webcrypto,
} from "node:crypto";
import { promisify } from "node:util";
import type { SigningAlgorithm } from "@countersign/protocol/oauth.ts";
import type { SigningKeyRecord, SigningKeyStage } from "../store/records.ts";
import { newId, type System } from "../system.ts";
import { derToFixed } from "./ecdsa-signature.ts";
import { createKnownSignatures } from "./known-signatures.ts";
import type { Sealer } from "./sealing.ts";

/** One signing key: made, kept sealed, and used. Everything known about an algorithm is one entry. */

interface Algorithm {
  generate(): Promise<{ privateKey: KeyObject; publicKey: KeyObject }>;
  sign(data: Buffer, key: KeyObject): Buffer;
  verify(data: Buffer, key: KeyObject, signature: Buffer): boolean;
}

const generate = promisify(generateKeyPair);

/** RFC 7518 §3.1 and RFC 8037 §3.1. */
const algorithms: Record<SigningAlgorithm, Algorithm> = {
  ES256: {
    generate: () => generate("ec", { namedCurve: "P-256" }),
    sign: (data, key) => derToFixed(sign("sha256", data, key)),
    verify: (data, key, signature) =>
      signature.length === 64 &&
      verify("sha256", data, { key, dsaEncoding: "ieee-p1363" }, signature),
  },
  RS256: {
    generate: () => generate("rsa", { modulusLength: 2048 }),
    sign: (data, key) => sign("sha256", data, key),
    verify: (data, key, signature) => verify("sha256", data, key, signature),
  },
  EdDSA: {
    generate: () => generate("ed25519", {}),
    sign: (data, key) => sign(null, data, key),
    verify: (data, key, signature) => verify(null, data, key, signature),
  },
};

/** A public key as it stands in the key set [RFC 7517 §4]. */
export type PublicJwk = webcrypto.JsonWebKey & { kid: string; alg: SigningAlgorithm; use: "sig" };

export interface SigningKey {
  id: string;
  algorithm: SigningAlgorithm;
  stage: SigningKeyStage;
  publicJwk: PublicJwk;
  /** `signature` as it stands in a JWS, over the text of header and payload. */
  sign(signingInput: string): string;
  verify(signingInput: string, signature: Buffer): boolean;
}

export async function generateSigningKey(
  system: System,
  sealer: Sealer,
  {
    tenantId,
    algorithm,
    stage,
  }: Pick<SigningKeyRecord, "tenantId" | "stage"> & {
    algorithm: SigningAlgorithm;
  },
): Promise<SigningKeyRecord> {
  const { privateKey, publicKey } = await algorithms[algorithm].generate();
  const id = newId(system, "");
  const publicJwk = { ...publicKey.export({ format: "jwk" }), kid: id, alg: algorithm, use: "sig" };
  const atMs = system.now();
  return {
    id,
    tenantId,
    algorithm,
    publicJwk: JSON.stringify(publicJwk),
    sealedPrivateKey: sealer.seal(
      placeOf(tenantId, id),
      JSON.stringify(privateKey.export({ format: "jwk" })),
    ),
    stage,
    createdAtMs: atMs,
    stageSinceMs: atMs,
  };
}

export function openSigningKey(sealer: Sealer, record: SigningKeyRecord): SigningKey {
  const algorithm = algorithms[record.algorithm as SigningAlgorithm];
  const publicJwk = JSON.parse(record.publicJwk) as PublicJwk;
  const publicKey = createPublicKey({ key: publicJwk, format: "jwk" });
  const privateKey =
    record.sealedPrivateKey === undefined
      ? undefined
      : createPrivateKey({
          key: JSON.parse(
            sealer.open(placeOf(record.tenantId, record.id), record.sealedPrivateKey),
          ) as webcrypto.JsonWebKey,
          format: "jwk",
        });
  const known = createKnownSignatures();
  return {
    id: record.id,
    algorithm: publicJwk.alg,
    stage: record.stage,
    publicJwk,
    sign(signingInput) {
      if (privateKey === undefined) throw new Error(`key ${record.id} is retired`);
      return algorithm.sign(Buffer.from(signingInput), privateKey).toString("base64url");
    },
    verify: (signingInput, signature) =>
      known.isGood(signingInput, signature, () =>
        algorithm.verify(Buffer.from(signingInput), publicKey, signature),
      ),
  };
}

const placeOf = (tenantId: string, rowId: string) => ({
  tenantId,
  label: "signing_key.private",
  rowId,
});
