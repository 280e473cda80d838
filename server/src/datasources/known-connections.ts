import type { Sealer } from "../keys/sealing.ts";
import { createCache, everyKey, type Cache } from "../store/cache.ts";
import type { Feed } from "../store/feed.ts";
import type { ConnectionRecord, ConnectionStore, DatasourceStore } from "../store/store.ts";
import { toShownProvider } from "./datasource.ts";
import type { System } from "../system.ts";
import { openTokens, type HeldTokens } from "./held-tokens.ts";
import type { Provider } from "./provider.ts";
import { judgeTokens } from "./token-due.ts";

/**
 * Connections as requests through them need them: read, opened and described once, until something
 * about them changes. Kept true by the change feed, which whoever asks has followed to its end.
 */

interface KnownConnection {
  connection: ConnectionRecord;
  /** Without its secrets. */
  provider: Provider;
  held: HeldTokens | undefined;
  /** What is answered while it can be used: always the same, so that what was worked out for it is kept by it. */
  usable?: UsableConnection;
}

export interface UsableConnection {
  connection: ConnectionRecord;
  /** Without its secrets. */
  provider: Provider;
  accessToken: string;
}

export interface KnownUsableContext {
  system: System;
  store: ConnectionStore & DatasourceStore;
  sealer: Sealer;
  feed: Feed;
}

const connectionsMax = 1_000;

export interface KnownUsable {
  /** From memory alone. */
  peek(whose: Whose): UsableConnection | undefined;
  find(whose: Whose): Promise<UsableConnection | undefined>;
}

type Whose = Pick<ConnectionRecord, "tenantId" | "id">;

/** Answers a connection and its token as long as nothing has to be done about them. */
export function createKnownUsable(context: KnownUsableContext): KnownUsable {
  const known = createKnownConnections(context);

  function usableNow(found: KnownConnection | undefined): UsableConnection | undefined {
    if (found === undefined) return undefined;
    const { connection, provider, held } = found;
    const now = { nowMs: context.system.now(), refusedToken: undefined };
    const verdict = judgeTokens(provider, connection, held, now);
    if (verdict.is !== "usable") return undefined;
    found.usable ??= { connection, provider, accessToken: verdict.accessToken };
    return found.usable;
  }

  return {
    peek: (whose) => usableNow(known.peek(keyOf(whose))),
    find: async (whose) => usableNow(await known.find(keyOf(whose))),
  };
}

const keyOf = ({ tenantId, id }: Whose): string => `${tenantId} ${id}`;

function createKnownConnections({
  store,
  feed,
  sealer,
}: KnownUsableContext): Cache<KnownConnection> {
  return createCache<KnownConnection>(feed, {
    async load(key) {
      const [tenantId = "", id = ""] = key.split(" ");
      const connection = await store.findConnection(tenantId, id);
      const datasource =
        connection && (await store.findDatasource(tenantId, connection.datasourceId));
      if (connection === undefined || datasource === undefined) return undefined;
      const held = openTokens(sealer, connection);
      return { connection, provider: toShownProvider(datasource), held };
    },
    affectedBy({ kind, tenantId, subjectId }) {
      if (kind === "connection") return keyOf({ tenantId, id: subjectId });
      return kind === "datasource" ? everyKey : undefined;
    },
    entriesMax: connectionsMax,
  });
}
