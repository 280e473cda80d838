import {
  UnusedClientPage,
  UnusedClientsQuery,
  Usage,
  UsageQuery,
  type UsageGroup,
  type UsageGroupBy,
} from "@countersign/protocol/admin/usage.ts";
import { reportUsage } from "../../audit/usage-report.ts";
import { listUnusedClients } from "../../clients/unused-clients.ts";
import type { UsageGap } from "../../store/records.ts";
import type { RefusalStore, UsageReportStore, UsageStore, UsageSum } from "../../store/store.ts";
import type { System } from "../../system.ts";
import { fromIsoTime, isoTime } from "../iso-time.ts";
import type { PageKeys } from "../page-key.ts";
import { namesOf, toNamedClient } from "./client-names.ts";
import { route, type AdminServer } from "./route.ts";

/** `/v2/usage`: who gets tokens, how often, what is refused, and who is not there any more. */

export interface UsageRoutes {
  system: System;
  store: UsageReportStore & UsageStore & RefusalStore;
  pageKeys: PageKeys;
}

const permission = "usage:read";
const tag = "Usage";

const read = route({
  permission,
  tag,
  summary: "Count tokens issued and refused",
  description: "Counts, not the audit log: what nobody counted is in `gaps`.",
  query: UsageQuery,
  success: { 200: Usage },
});
const unused = route({
  permission,
  tag,
  summary: "List app clients that nobody uses",
  description:
    "Those that were there, and got no token, for so many days; oldest first. Of very many that are in use a page may hold fewer than `limit`: follow `page_key`.",
  query: UnusedClientsQuery,
  success: { 200: UnusedClientPage },
});

const dayMs = 86_400_000;

export function registerUsage(server: AdminServer, context: UsageRoutes): void {
  const { system, store, pageKeys } = context;

  server.get("/usage", read, async ({ query, caller }) => {
    const { tenantId } = caller.actor;
    const { group_by: groupBy, resolution, limit } = query;
    const at = { tenantId, atMs: system.now() };
    const report = await reportUsage(store, at, {
      sinceMs: fromIsoTime("since", query.since),
      untilMs: fromIsoTime("until", query.until),
      clientId: query.client_id,
      groupBy,
      resolution,
      limit,
    });
    const ids = report.groups.map(({ clientId }) => clientId);
    const nameOf = await namesOf(store, tenantId, ids);
    return {
      since: isoTime(report.sinceMs),
      until: isoTime(report.untilMs),
      resolution,
      group_by: groupBy,
      issued: report.issued,
      refused: report.refused,
      groups: report.groups.map((group) => ({
        ...keyOf[groupBy](group),
        ...nameOf(group.clientId),
        issued: group.issued,
        refused: group.refused,
      })),
      is_truncated: report.isTruncated,
      gaps: report.gaps.map(toGap),
    };
  });

  server.get("/usage/unused_clients", unused, async ({ query, caller }) => {
    const { tenantId } = caller.actor;
    const sinceMs = system.now() - query.days * dayMs;
    const listName = JSON.stringify(["unused_clients", tenantId, query.days]);
    const after = query.page_key && pageKeys.read(listName, query.page_key);
    const { clients, next } = await listUnusedClients(store, tenantId, {
      sinceMs,
      after: (after || undefined) as { createdAtMs: number; id: string } | undefined,
      limit: query.limit,
    });
    return {
      unused_clients: clients.map((client) => ({
        ...toNamedClient(client),
        enabled: client.enabled,
        created_at: isoTime(client.createdAtMs),
        ...(client.lastUsedAtMs === undefined
          ? {}
          : { last_used_at: isoTime(client.lastUsedAtMs) }),
      })),
      since: isoTime(sinceMs),
      gaps: (await store.listGaps(sinceMs)).map(toGap),
      metadata: next === undefined ? {} : { page_key: pageKeys.write(listName, next) },
    };
  });
}

const keyOf: Record<UsageGroupBy, (group: UsageSum) => Partial<UsageGroup>> = {
  client: ({ clientId }) => ({ client_id: clientId }),
  credential: ({ clientId, credentialId }) => ({
    client_id: clientId,
    credential_id: credentialId,
  }),
  cause: ({ cause }) => ({ cause }),
  time: ({ startMs }) => ({ at: isoTime(startMs) }),
};

const toGap = ({ fromMs, untilMs }: UsageGap) => ({
  from: isoTime(fromMs),
  until: isoTime(untilMs),
});
