import type { AccessTokenClaims } from "@countersign/protocol/access-token.ts";
import type { RevokedSubject } from "../store/records.ts";
import type { Feed } from "../store/feed.ts";
import type { RevocationStore } from "../store/store.ts";
import type { System } from "../system.ts";

/**
 * What was taken back before it expired. A revocation names a subject and a position: tokens of that
 * subject whose `pos` is lower are void. Positions are compared, never clocks, and a process that
 * lags behind mints tokens that are void already [RFC 7009 §3].
 */

export interface Revocations {
  /** Everything that was committed before the call is known then. Rejects with `StoreUnavailable`. */
  catchUp(): Promise<void>;
  /** Whether the token was taken back as a whole. */
  isVoid(claims: AccessTokenClaims): boolean;
}

/** How many single tokens of one client can be taken back at a time. */
export const tokenRevocationsMax = 1_000;

export async function openRevocations(
  system: System,
  store: RevocationStore,
  feed: Feed,
): Promise<Revocations> {
  /** The position before which a subject's tokens are void, and when that can be forgotten. */
  let cutOffs = new Map<string, { position: number; expiresAtMs: number }>();
  let knownUntil = 0;
  let isStale = true;
  let loading: Promise<void> = Promise.resolve();
  /** The last reading of the feed, and what follows it: all who share the one share the other. */
  let reading: Promise<void> | undefined;
  let caughtUp: Promise<void> = loading;

  feed.subscribe({
    onChange: ({ kind }) => {
      isStale ||= kind === "revocation";
    },
    onReset: () => {
      knownUntil = 0;
      isStale = true;
    },
  });

  async function load(): Promise<void> {
    isStale = false;
    const atMs = system.now();
    const from = knownUntil;
    try {
      const added = await store.listRevocations(from, atMs);
      if (from === 0) cutOffs = new Map();
      for (const { subjectType, subjectId, position, expiresAtMs, dropped } of added) {
        if (dropped === undefined)
          cutOffs.set(`${subjectType} ${subjectId}`, { position, expiresAtMs });
        knownUntil = Math.max(knownUntil, position);
      }
    } catch (error) {
      isStale = true;
      throw error;
    }
    for (const [key, { expiresAtMs }] of cutOffs) if (expiresAtMs <= atMs) cutOffs.delete(key);
  }

  const isBefore = (pos: number, type: RevokedSubject, id: string): boolean =>
    pos < (cutOffs.get(`${type} ${id}`)?.position ?? 0);

  await load();
  return {
    catchUp() {
      const begun = feed.catchUp();
      if (begun !== reading) {
        reading = begun;
        caughtUp = begun.then(() => {
          if (isStale) loading = load();
          return loading;
        });
      }
      return caughtUp;
    },
    isVoid: ({ pos, jti, cred, client_id, sub, aud, tenant }) =>
      isBefore(pos, "token", jti) ||
      isBefore(pos, "credential", cred) ||
      isBefore(pos, "client", client_id) ||
      isBefore(pos, "person", sub) ||
      isBefore(pos, "api", aud) ||
      isBefore(pos, "tenant", tenant),
  };
}
