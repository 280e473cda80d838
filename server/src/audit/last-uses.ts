import type { CredentialUse } from "../store/records.ts";
import { userAgentOf } from "./user-agent.ts";

/** When each credential was last used, from where; each is written at most once in a while. */
export interface LastUses {
  /** `false` when there is no room for another credential. */
  note(use: Use, atMs: number): boolean;
  /** Those that are due, or with `all` every one that has not been written. */
  due(atMs: number, all: boolean): CredentialUse[];
  /** They have been written; a credential that stays quiet is then forgotten. */
  written(uses: CredentialUse[], atMs: number): void;
}

export interface Use {
  tenantId: string;
  clientId: string;
  credentialId: string;
  sourceAddress: string;
  userAgent: string | undefined;
}

const writeEveryMs = 60_000;

interface LastUse {
  use: Use;
  firstUsedAtMs: number;
  lastUsedAtMs: number;
  /** The last use that was written, and when that was. */
  writtenUseAtMs: number;
  writtenAtMs: number;
}

export function createLastUses(credentialsMax: number): LastUses {
  const byCredential = new Map<string, LastUse>();
  return {
    note(use, atMs) {
      const known = byCredential.get(use.credentialId);
      if (known !== undefined) {
        if (!isFromSamePlace(known.use, use)) known.use = use;
        known.lastUsedAtMs = atMs;
        return true;
      }
      if (byCredential.size >= credentialsMax) return false;
      const nothingWritten = { writtenUseAtMs: 0, writtenAtMs: 0 };
      const lastUse = { use, firstUsedAtMs: atMs, lastUsedAtMs: atMs, ...nothingWritten };
      byCredential.set(use.credentialId, lastUse);
      return true;
    },
    due: (atMs, all) =>
      [...byCredential.values()]
        .filter(
          ({ lastUsedAtMs, writtenUseAtMs, writtenAtMs }) =>
            lastUsedAtMs > writtenUseAtMs && (all || atMs - writtenAtMs >= writeEveryMs),
        )
        .map(toRecord),
    written(uses, atMs) {
      for (const { credentialId, lastUsedAtMs } of uses) {
        const lastUse = byCredential.get(credentialId);
        if (lastUse === undefined) continue;
        lastUse.writtenUseAtMs = lastUsedAtMs;
        lastUse.writtenAtMs = atMs;
      }
      for (const [credentialId, { lastUsedAtMs, writtenUseAtMs, writtenAtMs }] of byCredential) {
        const isQuiet = lastUsedAtMs <= writtenUseAtMs && atMs - writtenAtMs >= writeEveryMs;
        if (isQuiet) byCredential.delete(credentialId);
      }
    },
  };
}

/** What is the same is not kept anew: it would only make work for the garbage collector. */
const isFromSamePlace = (one: Use, other: Use): boolean =>
  one.sourceAddress === other.sourceAddress && one.userAgent === other.userAgent;

const toRecord = ({ use, firstUsedAtMs, lastUsedAtMs }: LastUse): CredentialUse => ({
  tenantId: use.tenantId,
  credentialId: use.credentialId,
  firstUsedAtMs,
  lastUsedAtMs,
  address: use.sourceAddress,
  userAgent: userAgentOf(use.userAgent),
});
