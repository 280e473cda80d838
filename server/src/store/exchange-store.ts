import type { Written } from "./outcome.ts";

/** The part of the store that keeps what was said between us and providers. */

export interface ExchangeRecord {
  id: string;
  tenantId: string;
  connectionId: string;
  atMs: number;
  /** `exchange`, `refresh`, `revoke`, … */
  step: string;
  /** The request as a curl command, without secrets. */
  curl: string;
  status: number | undefined;
  /** Without secrets, cut. */
  answer: string | undefined;
  durationMs: number;
  /** The cause of a failure; absent where it went well. */
  cause: string | undefined;
  detail: string | undefined;
  /** What was put up with when the answer was read. */
  tolerances: string[];
}

export interface ExchangeStore {
  /** Newest first. */
  listExchanges(tenantId: string, connectionId: string, limit: number): Promise<ExchangeRecord[]>;
  /** Of each connection only the last `keptMax` stay; those of one that is gone are dropped. */
  insertExchanges(input: { exchanges: ExchangeRecord[]; keptMax: number }): Promise<Written>;
  sweepExchanges(input: { beforeMs: number }): Promise<Written>;
}
