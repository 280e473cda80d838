import type { PermissionUse } from "../store/store.ts";

/** Which permissions were used since they were last written; bounded, and written once in a while. */
export interface PermissionUses {
  note(exercise: Exercise, atMs: number): void;
  /** All of them once a minute, or with `isLast` at once; they are then taken out. */
  due(atMs: number, isLast: boolean): PermissionUse[];
  /** They could not be written. */
  keep(uses: PermissionUse[]): void;
}

/** A call that was let through by a permission. */
export interface Exercise {
  tenantId: string;
  /** Who holds the roles: a client id, a person, or an API key with roles of its own. */
  principalId: string;
  permission: string;
}

const dayMs = 24 * 60 * 60_000;
const writeEveryMs = 60_000;

/** Beyond `rowsMax` rows what is new is dropped: a hint for people who change roles, and no proof. */
export function createPermissionUses(rowsMax: number): PermissionUses {
  let waiting = new Map<string, PermissionUse>();
  /** The last one that was noted, of those that wait: under load the next is of the same. */
  let last: PermissionUse | undefined;
  let writtenAtMs = 0;

  function add(use: PermissionUse): void {
    const key = `${use.dayMs} ${use.tenantId} ${use.principalId} ${use.permission}`;
    const known = waiting.get(key);
    if (known !== undefined) {
      known.calls += use.calls;
      known.lastUsedAtMs = Math.max(known.lastUsedAtMs, use.lastUsedAtMs);
      last = known;
    } else if (waiting.size < rowsMax) {
      waiting.set(key, use);
      last = use;
    }
  }

  function isLast({ tenantId, principalId, permission }: Exercise, atMs: number): boolean {
    if (last === undefined || last.permission !== permission) return false;
    const isSameDay = atMs >= last.dayMs && atMs < last.dayMs + dayMs;
    return isSameDay && last.principalId === principalId && last.tenantId === tenantId;
  }

  return {
    note(exercise, atMs) {
      if (isLast(exercise, atMs)) {
        last!.calls += 1;
        last!.lastUsedAtMs = Math.max(last!.lastUsedAtMs, atMs);
        return;
      }
      const { tenantId, principalId, permission } = exercise;
      const use = { tenantId, principalId, permission, calls: 1, lastUsedAtMs: atMs };
      add({ ...use, dayMs: atMs - (atMs % dayMs) });
    },
    due(atMs, isLast) {
      if (waiting.size === 0 || (!isLast && atMs - writtenAtMs < writeEveryMs)) return [];
      const uses = [...waiting.values()];
      waiting = new Map();
      last = undefined;
      writtenAtMs = atMs;
      return uses;
    },
    keep: (uses) => uses.forEach(add),
  };
}
