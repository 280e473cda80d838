import {
  LeakDetails,
  LeakPage,
  ListLeaksQuery,
  UpdateLeak,
} from "@countersign/protocol/admin/leaks.ts";
import { evidenceOf, loadLeak, updateLeak, type LeakContext } from "../../leaks/leak.ts";
import type { LeakRecord, RefusalStore } from "../../store/store.ts";
import type { PageKeys } from "../page-key.ts";
import { ById } from "./app-clients.ts";
import { namesOf } from "./client-names.ts";
import { toLeak, toLeakDetails } from "./leak-body.ts";
import { pageOf } from "./page.ts";
import { etagOf, expectedVersionOf, route, type AdminServer } from "./route.ts";

/** `/v2/leaks`: what was found where it should not be, and what became of it. */

export interface LeakRoutes extends LeakContext {
  store: LeakContext["store"] & RefusalStore;
  pageKeys: PageKeys;
}

const tag = "Leaks";

const list = route({
  permission: "leaks:read",
  tag,
  summary: "List leaked secrets",
  description: "Newest first.",
  query: ListLeaksQuery,
  success: { 200: LeakPage },
});
const read = route({
  permission: "leaks:read",
  tag,
  summary: "Read a leak: where it was seen, and what could be done with it",
  params: ById,
  success: { 200: LeakDetails },
});
const update = route({
  permission: "leaks:write",
  tag,
  summary: "Say what became of a leak",
  description:
    "It changes nothing about the secret: that is enabled, revoked or replaced where it lives.",
  params: ById,
  body: UpdateLeak,
  success: { 200: LeakDetails },
});

export function registerLeaks(server: AdminServer, context: LeakRoutes): void {
  const { store, pageKeys } = context;
  const nameOf = (tenantId: string, leaks: LeakRecord[]) =>
    namesOf(
      store,
      tenantId,
      leaks.map(({ clientId }) => clientId),
    );

  async function details(leak: LeakRecord): Promise<LeakDetails> {
    const name = await nameOf(leak.tenantId, [leak]);
    return toLeakDetails(leak, name(leak.clientId), await evidenceOf(context, leak));
  }

  server.get("/leaks", list, async ({ query, caller }) => {
    const { tenantId } = caller.actor;
    const { page_key: pageKey, limit, ...filters } = query;
    const { items, metadata } = await pageOf(pageKeys, {
      listName: JSON.stringify(["leaks", tenantId, filters]),
      pageKey,
      limit,
      read: (after: { firstReportedAtMs: number; id: string } | undefined, count) =>
        store.listLeaks(tenantId, {
          after,
          status: filters.status,
          kind: filters.kind,
          clientId: filters.client_id,
          subjectId: filters.subject_id,
          limit: count,
        }),
      positionOf: ({ firstReportedAtMs, id }) => ({ firstReportedAtMs, id }),
    });
    const name = await nameOf(tenantId, items);
    return { leaks: items.map((leak) => toLeak(leak, name(leak.clientId))), metadata };
  });

  server.get("/leaks/:id", read, async ({ params, caller }, reply) => {
    const leak = await loadLeak(context, caller.actor.tenantId, params.id);
    reply.header("etag", etagOf(leak));
    return details(leak);
  });

  server.patch("/leaks/:id", update, async (request, reply) => {
    const { body, caller, params } = request;
    const leak = await updateLeak(context, caller.actor, params.id, {
      status: body.status,
      note: body.note,
      expectedVersion: expectedVersionOf(request),
    });
    reply.header("etag", etagOf(leak));
    return details(leak);
  });
}
