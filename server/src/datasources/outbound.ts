import { StoreUnavailable } from "../store/store.ts";
import type { ConnectionContext } from "./connection.ts";
import type * as machinery from "./machinery.ts";
import { createProviderPauses, type ProviderPauses } from "./provider-pauses.ts";
import type { FreshTokens, RefreshContext } from "./refresh.ts";

/**
 * The door to everything about outside APIs. What is behind it is loaded when somebody first asks, so
 * that a process that makes no outgoing requests does not carry it.
 */

/** What the door itself opens. */
export type DoorContext = Omit<RefreshContext, "pauses">;
export type OutboundContext = ConnectionContext & RefreshContext;
export type Outbound = typeof machinery;

export interface OutboundDoor {
  outbound(): Promise<Outbound>;
  freshTokens(): Promise<FreshTokens>;
  /** Which providers are left alone. */
  pauses: ProviderPauses;
  /** Waits for tokens that are on their way, and begins nothing any more. */
  stop(): Promise<void>;
}

export function openOutbound(context: DoorContext): OutboundDoor {
  let loading: Promise<Outbound> | undefined;
  let opened: Promise<FreshTokens> | undefined;
  let isStopped = false;
  const pauses = createProviderPauses(context.system, context.log);
  const outbound = (): Promise<Outbound> => (loading ??= import("./machinery.ts"));
  return {
    outbound,
    pauses,
    freshTokens() {
      if (isStopped) throw new StoreUnavailable("the process is stopping");
      return (opened ??= outbound().then(({ createFreshTokens }) =>
        createFreshTokens({ ...context, pauses }),
      ));
    },
    async stop() {
      isStopped = true;
      await (await opened)?.stop();
    },
  };
}
