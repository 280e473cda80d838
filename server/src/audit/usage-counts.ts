import type { UsageCount } from "../store/records.ts";

/** Numbers that wait to be written, one per client, credential, outcome and minute. */
export interface UsageCounts {
  /** `false` when there is no room for another row. */
  add(row: UsageCount): boolean;
  /** Everything, and starts anew. */
  take(): UsageCount[];
}

export function createUsageCounts(rowsMax: number): UsageCounts {
  let rows = new Map<string, UsageCount>();
  return {
    add(row) {
      const { startMs, outcome, credentialId, clientId, tenantId } = row;
      const key = `${startMs} ${outcome} ${credentialId} ${clientId} ${tenantId}`;
      const known = rows.get(key);
      if (known !== undefined) known.count += row.count;
      else if (rows.size < rowsMax) rows.set(key, row);
      else return false;
      return true;
    },
    take() {
      const taken = [...rows.values()];
      rows = new Map();
      return taken;
    },
  };
}
