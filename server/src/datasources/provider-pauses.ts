import { createBoundedMap } from "../bounded-map.ts";
import type { Log } from "../log.ts";
import type { ConnectionRecord, DatasourceRecord } from "../store/store.ts";
import type { System } from "../system.ts";
import type { ErrorKind } from "./protocol/provider-causes.ts";
import { ProviderError } from "./protocol/provider-error.ts";

/**
 * Leaves a provider in trouble alone: when several connections of a datasource in a row got no answer
 * from its token endpoint, nobody asks for the others for a while. Then one does, to see whether it is
 * better. Known in this process alone; a connection's own pauses are in `refresh-outcome.ts`, and what is
 * held back here leaves no trace in it.
 */

export interface ProviderPauses {
  /** How long to wait before asking, in milliseconds; 0: not at all. */
  waitMs(endpoint: TokenEndpoint): number;
  /**
   * What to ask through, or how long to wait. Who asks must `end` it. `isForced`: whatever it was like
   * before.
   */
  ask(endpoint: TokenEndpoint, how: { isForced: boolean }): Asking | { waitMs: number };
  /** How many token endpoints are left alone now. */
  count(): number;
}

/** One for all connections of a datasource, but where providers give each account a host of its own. */
export interface TokenEndpoint {
  datasource: Pick<DatasourceRecord, "id" | "version">;
  connection: Pick<ConnectionRecord, "id" | "tokenOrigin">;
}

export interface Asking {
  /** Runs a call and learns from it. `heard` is to be told when the provider has answered something. */
  watching<Result>(call: (heard: () => void) => Promise<Result>): Promise<Result>;
  end(): void;
}

/** So many connections in a row: one alone says more about itself than about the provider. */
const connectionsInRow = 3;
const pauseMs = { first: 5_000, max: 5 * 60_000 };
/** While somebody looks whether it is better. */
const lookingMs = 2_000;
const endpointsMax = 10_000;

const troubleKinds: ReadonlySet<ErrorKind> = new Set([
  "provider_transient",
  "rate_limited",
  "outcome_unknown",
]);

interface Trouble {
  /** Of the datasource: another one may be a remedy. */
  version: number;
  /** Those that failed in a row, until there are enough of them. */
  connections: Set<string>;
  /** How many pauses in a row it has been given. */
  pauses: number;
  /** When the present one began, and when it ends. */
  fromMs: number;
  untilMs: number;
  isLookedAt: boolean;
}

export function createProviderPauses(system: System, log: Log): ProviderPauses {
  const troubles = createTroubles(system, log);
  return {
    waitMs: troubles.waitMs,
    count: troubles.count,
    ask(endpoint, { isForced }) {
      const waitMs = troubles.waitMs(endpoint);
      if (waitMs > 0 && !isForced) return { waitMs };
      const trouble = troubles.of(endpoint);
      const isOver = waitMs === 0 && trouble !== undefined && trouble.pauses > 0;
      return createAsking(troubles, endpoint, isOver ? trouble : undefined);
    },
  };
}

/** What is known of those that were in trouble the last time. */
interface Troubles {
  of(endpoint: TokenEndpoint): Trouble | undefined;
  waitMs(endpoint: TokenEndpoint): number;
  answered(endpoint: TokenEndpoint): void;
  /** `isLook`: whether it was the one call by which others were to know. */
  failed(endpoint: TokenEndpoint, how: { isLook: boolean; retryAfterMs: number }): void;
  count(): number;
}

function createTroubles(system: System, log: Log): Troubles {
  const known = createBoundedMap<Trouble>(endpointsMax);

  function troubleOf(endpoint: TokenEndpoint): Trouble | undefined {
    const trouble = known.get(keyOf(endpoint));
    return trouble?.version === endpoint.datasource.version ? trouble : undefined;
  }

  /** Nothing for what was asked before the datasource was changed. */
  function presentTrouble(endpoint: TokenEndpoint): Trouble | undefined {
    const { version } = endpoint.datasource;
    const before = known.get(keyOf(endpoint));
    if (before !== undefined && before.version > version) return undefined;
    const trouble = before?.version === version ? before : newTrouble(version);
    known.set(keyOf(endpoint), trouble);
    return trouble;
  }

  function pause(datasource: string, trouble: Trouble, retryAfterMs: number): void {
    trouble.pauses += 1;
    trouble.fromMs = system.now();
    trouble.untilMs = trouble.fromMs + Math.max(jittered(system, trouble.pauses), retryAfterMs);
    const { pauses, untilMs } = trouble;
    log.warn({ datasource, pauses, untilMs }, "a provider is left alone for a while");
  }

  return {
    of: troubleOf,
    waitMs(endpoint) {
      const trouble = troubleOf(endpoint);
      if (trouble === undefined || trouble.pauses === 0) return 0;
      const leftMs = leftMsOf(trouble, system.now());
      return leftMs === 0 && trouble.isLookedAt ? lookingMs : leftMs;
    },
    answered(endpoint) {
      const { pauses } = troubleOf(endpoint) ?? {};
      if (pauses === undefined) return;
      known.delete(keyOf(endpoint));
      const datasource = endpoint.datasource.id;
      if (pauses > 0) log.info({ datasource, pauses }, "a provider answers again");
    },
    failed(endpoint, { isLook, retryAfterMs }) {
      const trouble = presentTrouble(endpoint);
      if (trouble === undefined) return;
      if (trouble.pauses > 0 && !isLook) {
        trouble.untilMs = Math.max(trouble.untilMs, system.now() + retryAfterMs);
        return;
      }
      const { connections } = trouble;
      if (connections.size < connectionsInRow) connections.add(endpoint.connection.id);
      if (connections.size < connectionsInRow) return;
      pause(endpoint.datasource.id, trouble, retryAfterMs);
    },
    count: () =>
      [...known.values()].filter((trouble) => leftMsOf(trouble, system.now()) > 0).length,
  };
}

/** `looked`: what this is a look at, so that nobody else looks meanwhile. */
function createAsking(
  troubles: Troubles,
  endpoint: TokenEndpoint,
  looked: Trouble | undefined,
): Asking {
  let isLook = looked !== undefined;
  if (looked !== undefined) looked.isLookedAt = true;
  const end = (): void => {
    if (isLook && looked !== undefined) looked.isLookedAt = false;
    isLook = false;
  };
  return {
    end,
    async watching(call) {
      let isHeard = false;
      try {
        const result = await call(() => void (isHeard = true));
        troubles.answered(endpoint);
        return result;
      } catch (error) {
        if (!(error instanceof ProviderError)) throw error;
        const { kind, retryAfterMs = 0 } = error;
        if (troubleKinds.has(kind)) troubles.failed(endpoint, { isLook, retryAfterMs });
        else if (isHeard) troubles.answered(endpoint);
        throw error;
      } finally {
        end();
      }
    },
  };
}

const newTrouble = (version: number): Trouble => ({
  version,
  connections: new Set(),
  pauses: 0,
  fromMs: 0,
  untilMs: 0,
  isLookedAt: false,
});

/** A clock that was set back makes no pause longer than it was to be. */
const leftMsOf = ({ fromMs, untilMs }: Trouble, nowMs: number): number =>
  Math.min(Math.max(untilMs - nowMs, 0), untilMs - fromMs);

/** Between half of it and all of it: processes that were refused together come back one by one. */
function jittered(system: System, pauses: number): number {
  const wholeMs = Math.min(pauseMs.first * 2 ** Math.min(pauses - 1, 30), pauseMs.max);
  const part = system.randomBytes(4).readUInt32BE() / 2 ** 32;
  return Math.round(wholeMs * (1 - part / 2));
}

const keyOf = ({ datasource, connection }: TokenEndpoint): string =>
  `${datasource.id} ${connection.tokenOrigin ?? ""}`;
