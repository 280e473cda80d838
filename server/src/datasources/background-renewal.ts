import {
  StoreUnavailable,
  type ConnectionRecord,
  type DatasourceRecord,
  type ExpiringAfter,
  type LeftAloneAfter,
} from "../store/store.ts";
import { toShownProvider } from "./datasource.ts";
import { openTokens } from "./held-tokens.ts";
import type { Provider } from "./provider.ts";
import type { FreshTokens, RefreshContext } from "./refresh.ts";
import { pauseMsOf } from "./refresh-need.ts";
import { aheadMs, isRenewable, judgeTokens } from "./token-due.ts";

/**
 * Renews what people connected, whether or not anybody uses it: refresh tokens die of disuse, and the
 * first request after a quiet week should not be the one that finds out.
 */

export interface BackgroundRenewal {
  /** Looks through what ends soon, a bounded part at a time, and renews what is due. */
  pass(freshTokens: FreshTokens): Promise<void>;
  /** The same with tokens that have no known end and were got before then. */
  keepAlive(freshTokens: FreshTokens, gotBeforeMs: number): Promise<void>;
  /** Begins nothing any more, and waits for what is under way. */
  stop(): Promise<void>;
}

/** A page of the list. */
const pageSize = 200;
/** At most so many in one pass; the next one goes on where it stopped. */
const passSizeMax = 10_000;
/** So many providers are asked at a time. */
const renewalsMax = 8;

/** What is looked through, and what is done with each of it. */
interface Round {
  list(after: ConnectionRecord | undefined): Promise<ConnectionRecord[]>;
  isDue(connection: ConnectionRecord, provider: Provider): boolean;
  renew(connection: ConnectionRecord): Promise<void>;
}

export function createBackgroundRenewal(context: RefreshContext): BackgroundRenewal {
  const { store, system } = context;
  const rounds = createRounds(context);
  let endingFrom: ConnectionRecord | undefined;
  let leftAloneFrom: ConnectionRecord | undefined;
  return {
    async pass(freshTokens) {
      const beforeMs = system.now() + aheadMs;
      const round: Round = {
        list: (after) =>
          store.listExpiringConnections({ beforeMs, after: endOf(after), limit: pageSize }),
        isDue: (connection, provider) => isEnding(context, connection, provider),
        renew: (connection) => freshTokens.renewAhead(connection),
      };
      endingFrom = await rounds.look(round, endingFrom);
    },
    async keepAlive(freshTokens, beforeMs) {
      const round: Round = {
        list: (after) =>
          store.listConnectionsLeftAlone({ beforeMs, after: beginOf(after), limit: pageSize }),
        isDue: (connection, provider) => mayBeKeptAlive(context, connection, provider),
        renew: (connection) => freshTokens.keepAlive(connection, beforeMs),
      };
      leftAloneFrom = await rounds.look(round, leftAloneFrom);
    },
    stop: () => rounds.stop(),
  };
}

interface Rounds {
  /** From where the last one stopped; answers where this one did. */
  look(round: Round, from: ConnectionRecord | undefined): Promise<ConnectionRecord | undefined>;
  stop(): Promise<void>;
}

/** One at a time. */
function createRounds(context: RefreshContext): Rounds {
  let isStopped = false;
  let running: Promise<unknown> = Promise.resolve();

  async function look(
    round: Round,
    from: ConnectionRecord | undefined,
  ): Promise<ConnectionRecord | undefined> {
    const providers = createProviders(context);
    let after = from;
    for (let seen = 0; seen < passSizeMax; seen += pageSize) {
      const page = await round.list(after);
      await renewDue(page, providers, round);
      if (page.length < pageSize) return undefined;
      after = page.at(-1)!;
      if (isStopped) break;
    }
    return after;
  }

  async function renewDue(
    page: readonly ConnectionRecord[],
    providers: Providers,
    round: Round,
  ): Promise<void> {
    const waiting = [...page];
    const work = async (): Promise<void> => {
      for (;;) {
        const connection = isStopped ? undefined : waiting.shift();
        if (connection === undefined) return;
        await renewIfDue(context, connection, { providers, round });
      }
    };
    await Promise.all(Array.from({ length: renewalsMax }, work));
  }

  return {
    look(round, from) {
      const looking = look(round, from);
      running = looking;
      return looking;
    },
    async stop() {
      isStopped = true;
      await running.catch(() => undefined);
    },
  };
}

/** One that cannot even be read does not keep the others waiting. */
async function renewIfDue(
  context: RefreshContext,
  connection: ConnectionRecord,
  { providers, round: { isDue, renew } }: { providers: Providers; round: Round },
): Promise<void> {
  try {
    const known = await providers.of(connection);
    if (known === undefined) return;
    const { datasource, provider } = known;
    // A machine's token can always be had again, and some providers bill each.
    if (provider.settings.grantType === "client_credentials") return;
    if (!isDue(connection, provider)) return;
    // It is due still when the provider is better.
    if (pauseMsOf(context.pauses, { datasource, connection }) > 0) return;
  } catch (error) {
    if (error instanceof StoreUnavailable) throw error;
    context.log.error({ err: error, connection: connection.id }, "a connection cannot be read");
    return;
  }
  // Why it failed is logged, and stands in the connection.
  await renew(connection).catch(() => undefined);
}

function isEnding(
  { sealer, system }: RefreshContext,
  connection: ConnectionRecord,
  provider: Provider,
): boolean {
  const held = openTokens(sealer, connection);
  const verdict = judgeTokens(provider, connection, held, { nowMs: system.now() });
  return verdict.is === "due" || verdict.is === "ending";
}

function mayBeKeptAlive(
  { sealer, system }: RefreshContext,
  connection: ConnectionRecord,
  provider: Provider,
): boolean {
  const held = openTokens(sealer, connection);
  const { nextTryAtMs = 0 } = connection;
  return held !== undefined && isRenewable(provider, held) && nextTryAtMs <= system.now();
}

interface Known {
  datasource: DatasourceRecord;
  /** Without its secrets. */
  provider: Provider;
}

interface Providers {
  /** Nothing when the datasource was deleted meanwhile. */
  of(connection: ConnectionRecord): Promise<Known | undefined>;
}

/** Each is read once in a pass: many connections have the same. */
function createProviders({ store }: Pick<RefreshContext, "store">): Providers {
  const known = new Map<string, Promise<Known | undefined>>();
  const load = async ({ tenantId, datasourceId }: ConnectionRecord) => {
    const datasource = await store.findDatasource(tenantId, datasourceId);
    return datasource && { datasource, provider: toShownProvider(datasource) };
  };
  return {
    of(connection) {
      const provider = known.get(connection.datasourceId) ?? load(connection);
      known.set(connection.datasourceId, provider);
      return provider;
    },
  };
}

const endOf = (connection: ConnectionRecord | undefined): ExpiringAfter | undefined =>
  connection && { expiresAtMs: connection.expiresAtMs ?? 0, id: connection.id };

const beginOf = (connection: ConnectionRecord | undefined): LeftAloneAfter | undefined =>
  connection && { tokensAtMs: connection.tokensAtMs ?? 0, id: connection.id };
