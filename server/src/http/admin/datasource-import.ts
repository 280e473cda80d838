import { Compile } from "typebox/compile";
import {
  ExportedDatasource,
  ImportDatasources,
  ImportedDatasources,
} from "@countersign/protocol/admin/datasource-import.ts";
import { CreateDatasource } from "@countersign/protocol/admin/datasources.ts";
import type { ImportedDatasource } from "../../datasources/imported-datasource.ts";
import { AdminError, badField } from "../../errors/admin-error.ts";
import { digestOf } from "../../keys/secret.ts";
import { StoreUnavailable } from "../../store/store.ts";
import type { Caller } from "../caller.ts";
import { errorsOf } from "../validation.ts";
import { ById } from "./app-clients.ts";
import { toExport, toInput } from "./datasource-body.ts";
import type { DatasourceRoutes } from "./datasources.ts";
import { idempotencyKeyOf, route, type AdminServer } from "./route.ts";

/** `/v2/datasources/import`: what was described elsewhere; and the export that it takes. */

const take = route({
  permission: "datasources:write",
  tag: "Datasources",
  summary: "Import datasources",
  description:
    "Each is created or refused on its own, and the answer says which and why. With an `Idempotency-Key`, the same request again creates nothing twice, and goes on where the store had failed. Exports have no secrets: those are filled in afterwards, and who connected has to connect again.",
  body: ImportDatasources,
  success: { 200: ImportedDatasources },
});

const give = route({
  permission: "datasources:read",
  tag: "Datasources",
  summary: "Export a datasource",
  description:
    "Without its secrets, and without its connections. The answer as it is can be sent to `/v2/datasources/import`, here or elsewhere.",
  params: ById,
  success: { 200: ExportedDatasource },
});

type Outcome = ImportedDatasources["datasources"][number];

export function registerDatasourceImport(server: AdminServer, context: DatasourceRoutes): void {
  server.post("/datasources/import", take, async (request) => {
    const { body, caller } = request;
    const { readAppsmith, readOwnExport } = await context.outbound();
    const readExport = { appsmith: readAppsmith, countersign: readOwnExport }[body.from];
    const found = readExport(body.document);
    if (found === undefined) throw badField("document", `is not an export of ${body.from}`);
    const how = { isDry: body.dry_run === true, key: idempotencyKeyOf(request) };
    return { datasources: await takeAll(context, caller, found, how) };
  });

  server.get("/datasources/:id/export", give, async ({ params, caller }) => {
    const { loadDatasource, inputOf } = await context.outbound();
    const datasource = await loadDatasource(context, caller.actor.tenantId, params.id);
    return toExport(inputOf(context, datasource));
  });
}

interface How {
  isDry: boolean;
  key: string | undefined;
}

/**
 * What was created is told whatever happens to the others. As long as nothing was, a failure is one of
 * the whole request.
 */
async function takeAll(
  context: DatasourceRoutes,
  caller: Caller,
  found: readonly ImportedDatasource[],
  how: How,
): Promise<Outcome[]> {
  const taken: Outcome[] = [];
  let isStoreAway = false;
  for (const [index, one] of found.entries()) {
    const { name, body, notes } = one;
    if (isStoreAway && body !== undefined) {
      taken.push({ name, outcome: "failed", message: "It was not tried any more.", notes });
      continue;
    }
    try {
      const key = how.key && digestOf(JSON.stringify(["import", how.key, index]));
      taken.push(await takeOne(context, caller, one, { ...how, key }));
    } catch (error) {
      const message = messageOf(error);
      const hasCreated = taken.some(({ outcome }) => outcome === "created");
      if (message === undefined || !hasCreated) throw error;
      isStoreAway = error instanceof StoreUnavailable;
      taken.push({ name, outcome: "failed", message, notes });
    }
  }
  return taken;
}

const storeAway =
  "The store did not answer, so nobody knows whether it was created. Sent again with the same Idempotency-Key, it is created once.";

/** `undefined` for a mistake of ours. */
function messageOf(error: unknown): string | undefined {
  if (error instanceof StoreUnavailable) return storeAway;
  return error instanceof AdminError ? error.message : undefined;
}

async function takeOne(
  context: DatasourceRoutes,
  { actor }: Caller,
  { name, body, notes }: ImportedDatasource,
  { isDry, key }: How,
): Promise<Outcome> {
  if (body === undefined) return { name, outcome: "skipped", notes };
  const field_errors = fieldErrorsOf(body);
  if (field_errors !== undefined) return { name, outcome: "refused", field_errors, notes };
  const { createDatasource, checkInput } = await context.outbound();
  const input = toInput(body as CreateDatasource);
  try {
    checkInput(input, context.outboundAllow);
    if (isDry) return { name, outcome: "would_be_created", notes };
    const { id } = await createDatasource(context, actor, { input, idempotencyKey: key });
    return { name, outcome: "created", id, notes };
  } catch (error) {
    const fields = error instanceof AdminError ? error.options.fieldErrors : undefined;
    if (fields === undefined) throw error;
    return { name, outcome: "refused", field_errors: { ...fields }, notes };
  }
}

const isRight = Compile(CreateDatasource);

/** As the same body would be refused when it is sent by hand. */
function fieldErrorsOf(body: object): Record<string, string> | undefined {
  if (isRight.Check(body)) return undefined;
  const named = errorsOf(CreateDatasource, body).map(({ instancePath, message }) => [
    instancePath.slice(1).replaceAll("/", ".") || "document",
    message,
  ]);
  return Object.fromEntries(named) as Record<string, string>;
}
