import { digestOf } from "./secret.ts";

/**
 * Signatures of one key that were found good: whoever asks about every call asks about the same
 * tokens again and again, and to check a signature costs three times what it costs to make one. Only
 * successes are remembered, by the digest of all that was checked, and they go with their key.
 */
export interface KnownSignatures {
  /** As `check`, which is not asked again about what was good before. */
  isGood(signingInput: string, signature: Buffer, check: () => boolean): boolean;
}

/** Half of what is remembered at most: some hundred bytes each. */
const generationSize = 5_000;

export function createKnownSignatures(size = generationSize): KnownSignatures {
  let young = new Set<string>();
  let old = new Set<string>();

  /** What is used comes with; the rest goes with its generation. */
  function remember(digest: string): void {
    if (young.size >= size) {
      old = young;
      young = new Set();
    }
    young.add(digest);
  }

  return {
    isGood(signingInput, signature, check) {
      const digest = digestOf(`${signingInput}.${signature.toString("base64url")}`);
      if (young.has(digest)) return true;
      if (!old.has(digest) && !check()) return false;
      remember(digest);
      return true;
    },
  };
}
