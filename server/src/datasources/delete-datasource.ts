import { checkVersion, untilWritten } from "../access/compare-and-set.ts";
import { auditOf, type Actor } from "../audit/audit.ts";
import { AdminError } from "../errors/admin-error.ts";
import type { ConnectionRecord, DatasourceRecord } from "../store/store.ts";
import type { ConnectionContext } from "./connection.ts";
import { actOn, loadDatasource, providerOf } from "./datasource.ts";
import { giveBackAll } from "./give-back.ts";

/**
 * With its connections, if that is forced: their tokens are given back once they are gone, and nobody waits
 * for it, as there may be thousands. Throws 404, 409 and 412.
 */
export async function deleteDatasource(
  context: ConnectionContext,
  actor: Actor,
  id: string,
  { isForced, expectedVersion }: { isForced: boolean; expectedVersion: number | undefined },
): Promise<void> {
  const { system, store, log } = context;
  const gone = await untilWritten(async () => {
    const datasource = await loadDatasource(context, actor.tenantId, id);
    checkVersion(datasource, expectedVersion);
    const connections = isForced ? await connectionsOf(context, datasource) : [];
    const audit = auditOf(system, actor, actOn("deleted", datasource, undefined));
    const outcome = await store.deleteDatasource({ datasource, isForced, audit });
    if (outcome !== "held") return outcome === "written" ? { datasource, connections } : outcome;
    throw new AdminError(409, "It has connections. Delete them, or send force=true.");
  });
  const provider = providerOf(context, gone.datasource);
  giveBackAll(context, gone.connections, provider).catch((error: unknown) => {
    log.error({ err: error }, "tokens were not given back");
  });
}

const pageSize = 1_000;

async function connectionsOf(
  { store, system }: ConnectionContext,
  { tenantId, id }: DatasourceRecord,
): Promise<ConnectionRecord[]> {
  const found: ConnectionRecord[] = [];
  for (;;) {
    const page = await store.listConnections(tenantId, {
      datasourceId: id,
      owner: undefined,
      state: undefined,
      externalId: undefined,
      connectingSinceMs: system.now(),
      after: found.at(-1),
      limit: pageSize,
    });
    found.push(...page);
    if (page.length < pageSize) return found;
  }
}
