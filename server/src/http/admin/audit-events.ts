import { Readable } from "node:stream";
import { Type } from "typebox";
import { AuditEventPage, ListAuditEventsQuery } from "@countersign/protocol/admin/audit-events.ts";
import { auditOf } from "../../audit/audit.ts";
import { exportAudit } from "../../audit/audit-export.ts";
import { toAuditEvent } from "../../audit/audit-view.ts";
import type { AuditPage, AuditStore } from "../../store/store.ts";
import type { System } from "../../system.ts";
import { fromIsoTime } from "../iso-time.ts";
import type { PageKeys } from "../page-key.ts";
import { pageOf } from "./page.ts";
import { route, type AdminServer } from "./route.ts";

/** `/v2/audit_events`: who did what to what. */

export interface AuditEventRoutes {
  system: System;
  store: AuditStore;
  pageKeys: PageKeys;
}

const permission = "audit_events:read";
const tag = "Audit log";

const list = route({
  permission,
  tag,
  summary: "List audit events",
  description: "Newest first.",
  query: ListAuditEventsQuery,
  success: { 200: AuditEventPage },
});
const exporting = route({
  permission,
  tag,
  summary: "Export the audit log",
  description:
    "Every sealed event in sequence, one JSON object per line, and last the signed head that vouches for them. `tools/verify-audit.ts` verifies it offline. That it was exported is an event too.",
  produces: "application/x-ndjson",
  success: { 200: Type.String() },
});

export function registerAuditEvents(server: AdminServer, context: AuditEventRoutes): void {
  const { system, store, pageKeys } = context;

  server.get("/audit_events", list, async ({ query, caller }) => {
    const { page_key, limit, ...filters } = query;
    const listName = JSON.stringify(["audit_events", caller.actor.tenantId, filters]);
    const { items, metadata } = await pageOf(pageKeys, {
      listName,
      pageKey: page_key,
      limit,
      read: (after: AuditPage["after"], count) =>
        store.listAudit(caller.actor.tenantId, { ...toFilters(query), after, limit: count }),
      positionOf: ({ atMs, id }) => ({ atMs, id }),
    });
    return { audit_events: items.map(toAuditEvent), metadata };
  });

  server.get("/audit_events/export", exporting, async ({ caller }, reply) => {
    const { tenantId } = caller.actor;
    const subject = { subjectType: "tenant", subjectId: tenantId };
    const act = { action: "audit_log.exported" as const, ...subject };
    await store.insertAudit({ audit: auditOf(system, caller.actor, act) });
    reply.type("application/x-ndjson");
    return reply.send(Readable.from(exportAudit(store, tenantId)) as unknown as string);
  });
}

const toFilters = (query: ListAuditEventsQuery): Omit<AuditPage, "after" | "limit"> => ({
  actorId: query.actor_id,
  action: query.action === undefined ? undefined : toAction(query.action),
  subjectType: query.subject_type,
  subjectId: query.subject_id,
  sinceMs: fromIsoTime("since", query.since),
  untilMs: fromIsoTime("until", query.until),
});

const toAction = (text: string): AuditPage["action"] =>
  text.endsWith("*") ? { text: text.slice(0, -1), isPrefix: true } : { text, isPrefix: false };
