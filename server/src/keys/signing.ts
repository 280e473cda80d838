import type { SigningAlgorithm } from "@countersign/protocol/oauth.ts";
import type { Feed } from "../store/feed.ts";
import type { SigningKeyRecord } from "../store/records.ts";
import type { KeyStore } from "../store/store.ts";
import type { System } from "../system.ts";
import { planRotation, type RotationSchedule } from "./rotation.ts";
import type { Sealer } from "./sealing.ts";
import {
  generateSigningKey,
  openSigningKey,
  type PublicJwk,
  type SigningKey,
} from "./signing-key.ts";

/**
 * The signing keys of each issuer, kept in memory and true by the change feed. While the store does
 * not answer, the keys that are known go on signing and no key changes its stage.
 */

export interface SigningKeys {
  /** The key that signs now. Rejects with `StoreUnavailable` when it was never loaded. */
  current(tenantId: string, algorithm: SigningAlgorithm): SigningKey | Promise<SigningKey>;
  /** Any published key of that issuer. */
  find(tenantId: string, keyId: string): Promise<SigningKey | undefined>;
  publicSet(tenantId: string): Promise<{ keys: PublicJwk[] }>;
  /**
   * Makes and moves what is due. Any process may call it at any time: of two that move the same
   * key, one wins and the other finds nothing to do. `true` when something changed.
   */
  rotate(
    tenantId: string,
    algorithm: SigningAlgorithm,
    reason: "schedule" | "now",
  ): Promise<boolean>;
}

export interface SigningKeysOptions {
  system: System;
  store: KeyStore;
  feed: Feed;
  sealer: Sealer;
  schedule: RotationSchedule;
}

export function createSigningKeys(options: SigningKeysOptions): SigningKeys {
  const { system, store, feed, sealer, schedule } = options;
  const { ringOf, newestRingOf } = createRings(options);

  const rotate: SigningKeys["rotate"] = async (tenantId, algorithm, reason) => {
    const keys = (await store.listSigningKeys(tenantId)).filter(
      (key) => key.algorithm === algorithm,
    );
    const plan = planRotation(keys, system.now(), schedule, reason);
    if (plan.moves.length === 0 && plan.missing.length === 0) return false;
    const inserts: SigningKeyRecord[] = [];
    for (const stage of plan.missing) {
      inserts.push(await generateSigningKey(system, sealer, { tenantId, algorithm, stage }));
    }
    const atMs = system.now();
    const outcome = await store.moveSigningKeys({ tenantId, moves: plan.moves, inserts, atMs });
    await feed.catchUp();
    return outcome === "written";
  };

  return {
    current(tenantId, algorithm) {
      const ring = ringOf(tenantId);
      return ring instanceof Promise
        ? ring.then((keys) => currentOf(keys, algorithm))
        : currentOf(ring, algorithm);
    },
    async find(tenantId, keyId) {
      return (await newestRingOf(tenantId)).find(({ id }) => id === keyId);
    },
    async publicSet(tenantId) {
      return { keys: (await newestRingOf(tenantId)).map(({ publicJwk }) => publicJwk) };
    },
    rotate,
  };
}

type Ring = SigningKey[] | Promise<SigningKey[]>;

/** The keys of each tenant that are not retired. */
function createRings({ store, feed, sealer }: SigningKeysOptions) {
  const rings = new Map<string, SigningKey[]>();
  /** Rings that a change made old: they go on being used until the new one is loaded. */
  const stale = new Set<string>();
  /**
   * The newest read of each ring, while it is under way. An older one whose answer comes late must
   * not undo it, and who verifies waits for it: it may be about a key that was removed.
   */
  const newestReads = new Map<string, Promise<SigningKey[]>>();

  feed.subscribe({
    onChange: (change) => void (change.kind === "signing_key" && stale.add(change.tenantId)),
    onReset: () => [...rings.keys()].forEach((tenantId) => stale.add(tenantId)),
  });

  function load(tenantId: string): Promise<SigningKey[]> {
    stale.delete(tenantId);
    const reading = read(tenantId)
      .then((ring) => {
        if (newestReads.get(tenantId) === reading) rings.set(tenantId, ring);
        return ring;
      })
      .catch((error: unknown) => {
        stale.add(tenantId);
        const known = rings.get(tenantId);
        if (known === undefined) throw error;
        return known;
      })
      .finally(() => {
        if (newestReads.get(tenantId) === reading) newestReads.delete(tenantId);
      });
    newestReads.set(tenantId, reading);
    return reading;
  }

  async function read(tenantId: string): Promise<SigningKey[]> {
    const records = await store.listSigningKeys(tenantId);
    return records.map((record) => openSigningKey(sealer, record));
  }

  const ringOf = (tenantId: string): Ring => {
    const known = rings.get(tenantId);
    return known === undefined || stale.has(tenantId) ? load(tenantId) : known;
  };

  /** No older than every change that was applied before the call. */
  const newestRingOf = (tenantId: string): Ring =>
    stale.has(tenantId) ? load(tenantId) : (newestReads.get(tenantId) ?? ringOf(tenantId));

  return { ringOf, newestRingOf };
}

function currentOf(ring: SigningKey[], algorithm: SigningAlgorithm): SigningKey {
  const key = ring.find((key) => key.stage === "current" && key.algorithm === algorithm);
  if (key === undefined) throw new Error(`no ${algorithm} key signs; rotation has not run`);
  return key;
}
