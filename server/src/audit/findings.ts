import type { FindingRecord } from "../store/records.ts";

/** What was noticed about clients and waits to be written: one row per client and kind. */
export interface Findings {
  add(finding: FindingRecord): void;
  take(): FindingRecord[];
}

export function createFindings(rowsMax: number): Findings {
  let rows = new Map<string, FindingRecord>();
  return {
    add(finding) {
      const key = `${finding.tenantId} ${finding.clientId} ${finding.kind}`;
      const known = rows.get(key);
      if (known === undefined) {
        if (rows.size < rowsMax) rows.set(key, finding);
        return;
      }
      if (finding.lastSeenAtMs >= known.lastSeenAtMs) known.origin = finding.origin;
      known.count += finding.count;
      known.firstSeenAtMs = Math.min(known.firstSeenAtMs, finding.firstSeenAtMs);
      known.lastSeenAtMs = Math.max(known.lastSeenAtMs, finding.lastSeenAtMs);
    },
    take() {
      const taken = [...rows.values()];
      rows = new Map();
      return taken;
    },
  };
}
