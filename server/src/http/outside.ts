import type { Config } from "../config.ts";
import { createExchangeNotes } from "../datasources/exchange-notes.ts";
import { openOutbound, type DoorContext, type OutboundDoor } from "../datasources/outbound.ts";
import type { RefreshContext } from "../datasources/refresh.ts";
import { createFetch } from "../fetch/fetch.ts";
import type { ExchangeStore } from "../store/store.ts";

/** What reaches other people's servers needs, put together once for pages and API. */

type MadeHere = "fetch" | "providerTimeoutMs" | "exchanges" | "publicUrl";

export interface Outside extends Pick<RefreshContext, MadeHere | "log"> {
  outbound: OutboundDoor["outbound"];
  freshTokens: OutboundDoor["freshTokens"];
  pauses: OutboundDoor["pauses"];
  outboundAllow: readonly string[];
}

export interface OpenedOutside {
  outside: Outside;
  /** Waits for tokens that are on their way, and ends all connections. */
  stop(): Promise<void>;
}

export function openOutside(
  config: Config,
  context: Omit<DoorContext, MadeHere> & { store: ExchangeStore },
): OpenedOutside {
  const { outboundAllow, publicUrl, providerTimeoutSeconds } = config;
  const fetch = createFetch({ allow: outboundAllow });
  const providerTimeoutMs = providerTimeoutSeconds * 1_000;
  const { system, store, sealer, log, feed } = context;
  const exchanges = createExchangeNotes(system, store, log);
  const made = { fetch, providerTimeoutMs, exchanges, publicUrl };
  const door = openOutbound({ system, store, sealer, log, feed, ...made });
  const { outbound, freshTokens, pauses } = door;
  return {
    outside: { ...made, log, outbound, freshTokens, pauses, outboundAllow },
    async stop() {
      await door.stop();
      await exchanges.stop();
      await fetch.close();
    },
  };
}
