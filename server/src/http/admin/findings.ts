import {
  FindingPage,
  ListFindingsQuery,
  type FindingKind,
} from "@countersign/protocol/admin/usage.ts";
import type { FindingPage as Page, RefusalStore, UsageReportStore } from "../../store/store.ts";
import type { PageKeys } from "../page-key.ts";
import { toFinding } from "./app-client-body.ts";
import { namesOf } from "./client-names.ts";
import { pageOf } from "./page.ts";
import { route, type AdminServer } from "./route.ts";

/** `/v2/findings`: what was noticed about clients, and what to do about it. */

export interface FindingRoutes {
  store: UsageReportStore & RefusalStore;
  pageKeys: PageKeys;
}

const list = route({
  permission: "usage:read",
  tag: "Usage",
  summary: "List what was noticed about app clients",
  query: ListFindingsQuery,
  success: { 200: FindingPage },
});

export function registerFindings(server: AdminServer, { store, pageKeys }: FindingRoutes): void {
  server.get("/findings", list, async ({ query, caller }) => {
    const { tenantId } = caller.actor;
    const { client_id: clientId, kind } = query;
    const { items, metadata } = await pageOf(pageKeys, {
      listName: JSON.stringify(["findings", tenantId, clientId, kind]),
      pageKey: query.page_key,
      limit: query.limit,
      read: (after: Page["after"], limit) =>
        store.pageFindings(tenantId, { after, clientId, kind, limit }),
      positionOf: (finding) => ({ clientId: finding.clientId, kind: finding.kind }),
    });
    const ids = items.map((finding) => finding.clientId);
    const nameOf = await namesOf(store, tenantId, ids);
    const findings = items.map((finding) => ({
      ...toFinding(finding),
      client_id: finding.clientId,
      ...nameOf(finding.clientId),
      ...words[finding.kind as FindingKind],
    }));
    return { findings, metadata };
  });
}

const words: Record<FindingKind, { explanation: string; what_to_do: string }> = {
  secret_from_browser: {
    explanation:
      "The client secret came from a web page, where everybody who opens it can read it.",
    what_to_do: "Move the call to a server, and rotate the secret: it has to count as known.",
  },
  many_tokens: {
    explanation: "The client asks for a token far more often than its lifetime makes sensible.",
    what_to_do:
      "Keep the token until shortly before it expires; a token source of the SDK does that.",
  },
  secret_leaked: {
    explanation: "A secret of the client, or a token that it earned, was reported as leaked.",
    what_to_do:
      "Look it up under /v2/leaks, rotate the secret, and mark the leak as resolved: then this goes.",
  },
  old_algorithm: {
    explanation:
      "The client gets tokens that are signed with RS256, because the API in `origin` is set to it. They are longer and cost far more to sign than with ES256; RS256 is there for verifiers that know nothing newer.",
    what_to_do:
      "Once every verifier of that API takes ES256, set its `signing_algorithm`: the next tokens are signed so, and those that are out stay valid until they expire. When `last_seen_at` stands still, it is done.",
  },
};
