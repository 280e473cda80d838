import type { PermissionUse } from "./holder-store.ts";
import type { Written } from "./outcome.ts";
import type { CredentialUse, FindingRecord, UsageCount, UsageGap } from "./records.ts";

/** The part of the store that counts: what was used, how often, and what that tells. */

export interface UsageBatch {
  processId: string;
  atMs: number;
  counts: UsageCount[];
  uses: CredentialUse[];
  findings: FindingRecord[];
  permissionUses: PermissionUse[];
  gaps: UsageGap[];
}

/** A client by its names: also one that has been deleted. */
export interface ClientName {
  id: string;
  clientId: string;
  name: string;
}

export interface UsageStore {
  insertUsage(input: UsageBatch): Promise<Written>;
  /** Ends a process's own reporting without leaving a gap. */
  endUsage(input: { processId: string }): Promise<Written>;
  /** Turns processes that stopped reporting into gaps. */
  closeSilentProcesses(input: { silentSinceMs: number; atMs: number }): Promise<Written>;
  listGaps(sinceMs: number): Promise<UsageGap[]>;
  listUsage(tenantId: string, spanMs: number, sinceMs: number): Promise<UsageCount[]>;
  /** Adds up spans of `fromSpanMs` that began before `beforeMs` into spans of `toSpanMs`. */
  rollUpUsage(input: {
    fromSpanMs: number;
    toSpanMs: number | undefined;
    beforeMs: number;
  }): Promise<Written>;
}

/** Which counts are added up, and by what. */
export interface UsageQuery {
  sinceMs: number;
  untilMs: number;
  /** The spans whose rows are taken. */
  spansMs: number[];
  clientId: string | undefined;
  groupBy: "client" | "credential" | "cause" | "time";
  /** How long a group is when grouped by time. */
  spanMs: number;
  /** The largest groups, at most so many. */
  limit: number;
}

export interface UsageSum {
  /** Empty where it is not what is grouped by. */
  clientId: string;
  credentialId: string;
  cause: string;
  startMs: number;
  issued: number;
  refused: number;
}

/** A client by when it was last used; none of its credentials ever was where that is `undefined`. */
export interface ClientUse extends ClientName {
  enabled: boolean;
  createdAtMs: number;
  lastUsedAtMs: number | undefined;
}

export interface FindingPage {
  /** Continue behind this finding. */
  after: { clientId: string; kind: string } | undefined;
  clientId: string | undefined;
  kind: string | undefined;
  limit: number;
}

export interface UsageReportStore {
  sumUsage(tenantId: string, query: UsageQuery): Promise<UsageSum[]>;
  /** Live clients that were made before `createdBeforeMs`, oldest first. */
  listClientUses(
    tenantId: string,
    page: {
      createdBeforeMs: number;
      after: { createdAtMs: number; id: string } | undefined;
      limit: number;
    },
  ): Promise<ClientUse[]>;
  pageFindings(tenantId: string, page: FindingPage): Promise<FindingRecord[]>;
}
