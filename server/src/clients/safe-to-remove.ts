import type { CredentialRecord, CredentialUse, UsageGap } from "../store/records.ts";
import { stateOf } from "./credential.ts";

/**
 * Whether an old credential can go without an outage: a newer one is in use, and since its first use
 * the old one has been quiet for long enough, without a moment in which nobody counted.
 */

export interface Removal {
  safe: boolean;
  reason: string;
  quietSinceMs: number | undefined;
}

export interface RemovalEvidence {
  credential: CredentialRecord;
  /** All credentials of the client. */
  credentials: CredentialRecord[];
  uses: CredentialUse[];
  gaps: UsageGap[];
  atMs: number;
  quietMs: number;
}

export function judgeRemoval(evidence: RemovalEvidence): Removal {
  const { credential, uses, gaps, atMs, quietMs } = evidence;
  const state = stateOf(credential, atMs);
  if (state === "revoked" || state === "expired") return verdict(true, `it is ${state}`);
  const newerUse = firstUseOfNewer(evidence);
  if (newerUse === undefined) return verdict(false, "no newer credential is in use");
  const lastUse = uses.find(({ credentialId }) => credentialId === credential.id)?.lastUsedAtMs;
  const quietSinceMs = Math.max(newerUse, lastUse ?? 0, ...gaps.map(({ untilMs }) => untilMs));
  if (atMs - quietSinceMs < quietMs) {
    const days = Math.round(quietMs / 86_400_000);
    return verdict(false, `it has not been quiet for ${days} days yet`, quietSinceMs);
  }
  return verdict(true, "it is quiet, and a newer credential is in use", quietSinceMs);
}

function firstUseOfNewer({ credential, credentials, uses, atMs }: RemovalEvidence) {
  const newer = credentials.filter(
    (other) => other.createdAtMs > credential.createdAtMs && stateOf(other, atMs) === "active",
  );
  const firstUses = newer.flatMap(({ id }) =>
    uses.filter(({ credentialId }) => credentialId === id).map((use) => use.firstUsedAtMs),
  );
  return firstUses.length === 0 ? undefined : Math.min(...firstUses);
}

const verdict = (safe: boolean, reason: string, quietSinceMs?: number): Removal => ({
  safe,
  reason,
  quietSinceMs,
});
