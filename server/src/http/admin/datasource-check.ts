import { CheckDatasource, DatasourceCheck } from "@countersign/protocol/admin/datasource-check.ts";
import type { DatasourceRoutes } from "./datasources.ts";
import { toInput } from "./datasource-body.ts";
import { route, type AdminServer } from "./route.ts";

/** `/v2/datasources/check`: what is wrong, before it is saved. */

const check = route({
  permission: "datasources:write",
  tag: "Datasources",
  summary: "Check a datasource before it is saved",
  description:
    "Calls its addresses and says what is wrong, in words. With `detect_client_authentication` the secret is sent to the token URL, one way after the other, until the provider takes one.",
  body: CheckDatasource,
  success: { 200: DatasourceCheck },
});

export function registerDatasourceCheck(server: AdminServer, context: DatasourceRoutes): void {
  server.post("/datasources/check", check, async ({ body, caller }) => {
    const { detect_client_authentication: isDetecting = false, datasource_id: id, ...given } = body;
    const machinery = await context.outbound();
    const { checkProvider, providerToCheck, redirectUrlOf } = machinery;
    const input = toInput({ name: "unnamed", ...given, client_id: given.client_id ?? "" });
    const whose = { tenantId: caller.actor.tenantId, id };
    const provider = await providerToCheck(context, whose, input);
    const { system, fetch } = context;
    const asked = { system, fetch, redirectUri: redirectUrlOf(context) };
    const { findings, tried } = await checkProvider(asked, provider, { isDetecting });
    return {
      findings,
      tried: tried.map(({ method, isAccepted, status, error }) => ({
        client_authentication: method,
        accepted: isAccepted,
        status,
        ...(error === undefined ? {} : { error }),
      })),
    };
  });
}
