import { UnexpectedResponseError } from "./errors.ts";
import { type DescribedKey, parseJwk } from "./jwk.ts";
import type { SigningAlgorithm } from "@countersign/protocol/oauth.ts";
import type { PublicKey, SignaturePlatform } from "./signature/signature.ts";
import type { JsonObject } from "./strict-json.ts";

/** A key that tokens are checked with. */
export interface VerificationKey {
  readonly keyId: string;
  readonly algorithm: SigningAlgorithm;
  readonly publicKey: PublicKey;
  /** The key's material, to tell whether a key of this id is still the same key. */
  readonly material: string;
  /** `false` once the issuer no longer lists it: what it has signed is void from then on. */
  isListed: boolean;
}

/** By key id, compared exactly. A `Map`, so that no id means anything to the language. */
export type KeySet = ReadonlyMap<string, VerificationKey>;

const entriesMax = 100;

/**
 * Reads a JWK set [RFC 7517 §5]. Entries that cannot be used are left out. Keys that were there
 * before stay the same objects; those that are gone lose their `isListed`. Throws
 * `UnexpectedResponseError`, and changes nothing, when the document is not a set or is ambiguous.
 */
export async function readKeySet(
  document: JsonObject,
  previous: KeySet,
  platform: SignaturePlatform,
): Promise<KeySet> {
  const entries = document["keys"];
  if (!Array.isArray(entries)) throw malformed('the key set has no "keys"');
  if (entries.length > entriesMax) throw malformed("the key set has too many keys");
  const described = entries.map(parseJwk).filter((key) => key !== undefined);
  checkDistinct(entries);
  const keys = new Map<string, VerificationKey>();
  for (const key of described) {
    // One after the other: a set is read seldom, and its keys are few.
    // oxlint-disable-next-line no-await-in-loop
    const taken = await takeKey(key, previous.get(key.keyId), platform);
    if (taken !== undefined) keys.set(taken.keyId, taken);
  }
  // An issuer may list no keys and is then obeyed; but if we can read none, something is broken.
  if (keys.size === 0 && entries.length > 0) throw malformed("no key of the set can be used");
  for (const key of previous.values()) key.isListed = keys.get(key.keyId) === key;
  return keys;
}

/** Two keys of one id leave open which of them a token means [RFC 7517 §4.5]. */
function checkDistinct(entries: readonly unknown[]): void {
  const keyIds = entries
    .map((entry) => (entry as { kid?: unknown } | null)?.kid)
    .filter((keyId) => keyId !== undefined);
  if (new Set(keyIds).size !== keyIds.length) throw malformed("the key set repeats a key id");
}

async function takeKey(
  key: DescribedKey,
  known: VerificationKey | undefined,
  platform: SignaturePlatform,
): Promise<VerificationKey | undefined> {
  const { keyId, algorithm, jwk } = key;
  const material = JSON.stringify([algorithm, jwk]);
  if (known?.material === material) return known;
  try {
    const publicKey = await platform.importPublicKey(jwk, algorithm);
    return { keyId, algorithm, publicKey, material, isListed: true };
  } catch {
    return undefined;
  }
}

function malformed(message: string): UnexpectedResponseError {
  return new UnexpectedResponseError("malformed", message, { status: 200 });
}
