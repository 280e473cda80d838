import type { Config } from "../config.ts";
import { openOutbound, type OutboundDoor } from "../datasources/outbound.ts";
import type { RefreshContext } from "../datasources/refresh.ts";
import { createFetch } from "../fetch/fetch.ts";

/** What reaches other people's servers needs, put together once for pages and API. */

type MadeHere = "fetch" | "providerTimeoutMs";

export interface Outside extends Pick<RefreshContext, MadeHere | "log"> {
  outbound: OutboundDoor["outbound"];
  freshTokens: OutboundDoor["freshTokens"];
  outboundAllow: readonly string[];
  publicUrl: string;
}

export interface OpenedOutside {
  outside: Outside;
  /** Waits for tokens that are on their way, and ends all connections. */
  stop(): Promise<void>;
}

export function openOutside(
  config: Config,
  context: Omit<RefreshContext, MadeHere>,
): OpenedOutside {
  const { outboundAllow, publicUrl, providerTimeoutSeconds } = config;
  const fetch = createFetch({ allow: outboundAllow });
  const providerTimeoutMs = providerTimeoutSeconds * 1_000;
  const { system, store, sealer, log } = context;
  const door = openOutbound({ system, store, sealer, log, fetch, providerTimeoutMs });
  const { outbound, freshTokens } = door;
  return {
    outside: { fetch, log, outbound, freshTokens, outboundAllow, providerTimeoutMs, publicUrl },
    async stop() {
      await door.stop();
      await fetch.close();
    },
  };
}
