import { Type } from "typebox";
import { ListRefusalsQuery, Refusal, RefusalPage } from "@countersign/protocol/admin/refusals.ts";
import type { Refusals } from "../../audit/refusals.ts";
import { AdminError } from "../../errors/admin-error.ts";
import { isRefusalCause, refusalCauses } from "../../errors/refusal-causes.ts";
import type { RefusalRecord } from "../../store/records.ts";
import type { RefusalPage as Page, RefusalStore } from "../../store/store.ts";
import { isoTime } from "../iso-time.ts";
import type { PageKeys } from "../page-key.ts";
import { namesOf } from "./client-names.ts";
import { pageOf } from "./page.ts";
import { route, type AdminServer } from "./route.ts";

/** `/v2/refusals`: why a request was refused, for who may know. */

export interface RefusalRoutes {
  store: RefusalStore;
  refusals: Refusals;
  pageKeys: PageKeys;
}

const permission = "refusals:read";
const tag = "Refusals";

const list = route({
  permission,
  tag,
  summary: "List refused requests",
  description:
    "Newest first. Of each client and cause the first five a minute are kept, for seven days.",
  query: ListRefusalsQuery,
  success: { 200: RefusalPage },
});
const read = route({
  permission,
  tag,
  summary: "Look up why a request was refused",
  description: "By the `request_id` of the answer.",
  params: Type.Object({ request_id: Type.String({ minLength: 1, maxLength: 100 }) }),
  success: { 200: Refusal },
});

export function registerRefusals(server: AdminServer, context: RefusalRoutes): void {
  const { store, refusals, pageKeys } = context;

  server.get("/refusals", list, async ({ query, caller }) => {
    const { tenantId } = caller.actor;
    const { client_id: clientId, cause, limit } = query;
    await refusals.flush();
    const { items, metadata } = await pageOf(pageKeys, {
      listName: JSON.stringify(["refusals", tenantId, clientId, cause]),
      pageKey: query.page_key,
      limit,
      read: (after: Page["after"], count) =>
        store.listRefusals(tenantId, { after, clientId, cause, limit: count }),
      positionOf: ({ atMs, requestId }) => ({ atMs, requestId }),
    });
    return { refusals: await view(tenantId, items), metadata };
  });

  server.get("/refusals/:request_id", read, async ({ params, caller }) => {
    const { tenantId } = caller.actor;
    await refusals.flush();
    const found = await store.findRefusal(tenantId, params.request_id);
    if (found === undefined) throw notKept(params.request_id);
    return (await view(tenantId, [found]))[0]!;
  });

  async function view(tenantId: string, records: RefusalRecord[]): Promise<Refusal[]> {
    const ids = records.map(({ clientId }) => clientId);
    const nameOf = await namesOf(store, tenantId, ids);
    return records.map((record) => ({ ...toRefusal(record), ...nameOf(record.clientId) }));
  }
}

const notKept = (id: string): AdminError =>
  new AdminError(
    404,
    "No refusal is kept under this id. Of each client and cause the first five a minute are, for seven days.",
    { id },
  );

function toRefusal(record: RefusalRecord): Refusal {
  const { error, cause } = record;
  const { explanation, whatToDo } = refusalCauses[isRefusalCause(cause) ? cause : "other_refusal"];
  return {
    id: record.requestId,
    at: isoTime(record.atMs),
    endpoint: record.endpoint,
    status: record.status,
    ...(error === undefined ? {} : { error }),
    cause,
    explanation,
    what_to_do: whatToDo,
    source_address: record.sourceAddress,
    details: JSON.parse(record.details) as Refusal["details"],
  };
}
