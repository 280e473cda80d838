import {
  ProviderExchangeList,
  type ProviderExchange,
} from "@countersign/protocol/admin/connections.ts";
import type { Outbound } from "../../datasources/outbound.ts";
import type { ExchangeRecord, ExchangeStore } from "../../store/store.ts";
import { isoTime } from "../iso-time.ts";
import { ById } from "./app-clients.ts";
import type { ConnectionRoutes } from "./connection-acts.ts";
import { optional } from "./member.ts";
import { route, type AdminServer } from "./route.ts";

/** `/v2/connections/{id}/exchanges`: what was said between us and the provider. */

export interface ConnectionExchangeRoutes {
  store: ConnectionRoutes["store"] & ExchangeStore;
  outbound(): Promise<Outbound>;
}

const list = route({
  permission: "connections:read",
  tag: "Connections",
  summary: "List what was said to the provider",
  description:
    "The last twenty requests for tokens, each as a curl command that can be run again once its variables are set, with the answer, what it means and what to do. Secrets and tokens are not in it. Kept for 30 days.",
  params: ById,
  success: { 200: ProviderExchangeList },
});

const shownMax = 20;

export function registerConnectionExchanges(
  server: AdminServer,
  context: ConnectionExchangeRoutes,
): void {
  const { store } = context;

  server.get("/connections/:id/exchanges", list, async ({ params, caller }) => {
    const { tenantId } = caller.actor;
    const machinery = await context.outbound();
    await machinery.loadConnection(context, tenantId, params.id);
    const exchanges = await store.listExchanges(tenantId, params.id, shownMax);
    return { exchanges: exchanges.map((one) => toExchange(one, machinery)) };
  });
}

function toExchange(
  exchange: ExchangeRecord,
  { wordsOf, toleranceWords }: Pick<Outbound, "wordsOf" | "toleranceWords">,
): ProviderExchange {
  const { cause, detail } = exchange;
  const words = wordsOf(cause, exchange.step === "exchange");
  const failure = cause && words && { code: cause, ...words, ...optional("detail", detail) };
  return {
    id: exchange.id,
    at: isoTime(exchange.atMs),
    step: exchange.step,
    curl: exchange.curl,
    ...optional("status", exchange.status),
    ...optional("answer", exchange.answer),
    duration_ms: exchange.durationMs,
    ...optional("failure", failure || undefined),
    tolerances: exchange.tolerances.map((code) => ({
      code,
      message: (toleranceWords as Readonly<Record<string, string>>)[code] ?? "",
    })),
  };
}
