import type { DatasourceContext } from "./datasource.ts";
import type * as machinery from "./machinery.ts";

/**
 * The door to everything about outside APIs. What is behind it is loaded when somebody first asks, so
 * that a process that makes no outgoing requests does not carry it.
 */

export type OutboundContext = DatasourceContext;
export type Outbound = typeof machinery;

export const openOutbound = (): (() => Promise<Outbound>) => {
  let loading: Promise<Outbound> | undefined;
  return () => (loading ??= import("./machinery.ts"));
};
