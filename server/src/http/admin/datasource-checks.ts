import { CheckDatasource, DatasourceCheck } from "@countersign/protocol/admin/datasource-checks.ts";
import type { Detection } from "../../datasources/doctor/detect-client-authentication.ts";
import type { DatasourceRoutes } from "./datasources.ts";
import { applyInput } from "./datasource-body.ts";
import { route, type AdminServer } from "./route.ts";

/** `/v2/datasources/check`: what is wrong with a datasource, before it is saved. */

const check = route({
  permission: "datasources:write",
  tag: "Datasources",
  summary: "Check a datasource before it is saved",
  description:
    "Looks at the settings, at what the issuer publishes, and at whether the URLs answer, within some seconds and without any secret. The client's secret is used only to detect the client authentication, and only at the token URL. Nothing is stored.",
  body: CheckDatasource,
  success: { 200: DatasourceCheck },
});

export function registerDatasourceChecks(server: AdminServer, context: DatasourceRoutes): void {
  server.post("/datasources/check", check, async ({ body, caller }): Promise<DatasourceCheck> => {
    const { datasource_id: datasourceId, detect_client_authentication: detects, ...given } = body;
    const doctor = await context.outbound();
    const provider = await doctor.providerToCheck(context, caller.actor.tenantId, {
      datasourceId,
      apply: (before) => applyInput(before, given),
    });
    const [findings, detection] = await Promise.all([
      doctor.checkDatasource(context, provider),
      detects === true ? doctor.detectClientAuthentication(context, provider) : undefined,
    ]);
    if (detection === undefined) return { findings };
    return {
      findings: [...detection.findings, ...findings],
      client_authentication: view(detection),
    };
  });
}

type View = NonNullable<DatasourceCheck["client_authentication"]>;

const wayOf = (way: NonNullable<Detection["accepted"]>) => ({
  client_authentication: way.clientAuthentication as View["tried"][0]["client_authentication"],
  body_format: way.bodyFormat,
});

const view = ({ accepted, tried }: Detection): View => ({
  ...(accepted === undefined ? {} : { accepted: wayOf(accepted) }),
  tried: tried.map((one) => ({ ...wayOf(one), outcome: one.outcome })),
});
