import { StoreUnavailable, type ConnectionRecord, type ExpiringAfter } from "../store/store.ts";
import { toShownProvider } from "./datasource.ts";
import { openTokens } from "./held-tokens.ts";
import type { Provider } from "./provider.ts";
import type { FreshTokens, RefreshContext } from "./refresh.ts";
import { aheadMs, judgeTokens } from "./token-due.ts";

/**
 * Renews what people connected, whether or not anybody uses it: refresh tokens die of disuse, and the
 * first request after a quiet week should not be the one that finds out.
 */

export interface BackgroundRenewal {
  /** Looks through what ends soon, a bounded part at a time, and renews what is due. */
  pass(freshTokens: FreshTokens): Promise<void>;
  /** Begins nothing any more, and waits for what is under way. */
  stop(): Promise<void>;
}

/** A page of the list. */
const pageSize = 200;
/** At most so many in one pass; the next one goes on where it stopped. */
const passSizeMax = 10_000;
/** So many providers are asked at a time. */
const renewalsMax = 8;

export function createBackgroundRenewal(context: RefreshContext): BackgroundRenewal {
  let after: ExpiringAfter | undefined;
  let isStopped = false;
  let running: Promise<void> = Promise.resolve();

  async function pass(freshTokens: FreshTokens): Promise<void> {
    const { store, system } = context;
    const beforeMs = system.now() + aheadMs;
    const providers = createProviders(context);
    for (let seen = 0; seen < passSizeMax; seen += pageSize) {
      const page = await store.listExpiringConnections({ beforeMs, after, limit: pageSize });
      await renewDue(page, providers, freshTokens);
      after = page.length < pageSize ? undefined : positionOf(page.at(-1)!);
      if (after === undefined || isStopped) return;
    }
  }

  async function renewDue(
    page: readonly ConnectionRecord[],
    providers: Providers,
    freshTokens: FreshTokens,
  ): Promise<void> {
    const waiting = [...page];
    const work = async (): Promise<void> => {
      for (;;) {
        const connection = isStopped ? undefined : waiting.shift();
        if (connection === undefined) return;
        await renewIfDue(connection, providers, freshTokens);
      }
    };
    await Promise.all(Array.from({ length: renewalsMax }, work));
  }

  /** One that cannot even be read does not keep the others waiting. */
  async function renewIfDue(
    connection: ConnectionRecord,
    providers: Providers,
    freshTokens: FreshTokens,
  ): Promise<void> {
    try {
      if (!isDue(context, connection, await providers.of(connection))) return;
    } catch (error) {
      if (error instanceof StoreUnavailable) throw error;
      context.log.error({ err: error, connection: connection.id }, "a connection cannot be read");
      return;
    }
    // Why it failed is logged, and stands in the connection.
    await freshTokens.renewAhead(connection).catch(() => undefined);
  }

  return {
    pass(freshTokens) {
      running = pass(freshTokens);
      return running;
    },
    async stop() {
      isStopped = true;
      await running.catch(() => undefined);
    },
  };
}

function isDue(
  { sealer, system }: RefreshContext,
  connection: ConnectionRecord,
  provider: Provider | undefined,
): boolean {
  // A machine's token can always be had again, and some providers bill each.
  if (provider === undefined || provider.settings.grantType === "client_credentials") return false;
  const held = openTokens(sealer, connection);
  const verdict = judgeTokens(provider, connection, held, { nowMs: system.now() });
  return verdict.is === "due" || verdict.is === "ending";
}

interface Providers {
  /** Nothing when the datasource was deleted meanwhile. */
  of(connection: ConnectionRecord): Promise<Provider | undefined>;
}

/** Each is read once in a pass: many connections have the same. */
function createProviders({ store }: Pick<RefreshContext, "store">): Providers {
  const known = new Map<string, Promise<Provider | undefined>>();
  const load = async ({ tenantId, datasourceId }: ConnectionRecord) => {
    const datasource = await store.findDatasource(tenantId, datasourceId);
    return datasource && toShownProvider(datasource);
  };
  return {
    of(connection) {
      const provider = known.get(connection.datasourceId) ?? load(connection);
      known.set(connection.datasourceId, provider);
      return provider;
    },
  };
}

const positionOf = ({ expiresAtMs = 0, id }: ConnectionRecord): ExpiringAfter => ({
  expiresAtMs,
  id,
});
