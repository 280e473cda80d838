import { Compile } from "typebox/compile";
import {
  ImportDatasources,
  ImportedDatasources,
} from "@countersign/protocol/admin/datasource-import.ts";
import { CreateDatasource } from "@countersign/protocol/admin/datasources.ts";
import type { ImportedDatasource } from "../../datasources/appsmith.ts";
import { AdminError, badField } from "../../errors/admin-error.ts";
import type { Caller } from "../caller.ts";
import { toInput } from "./datasource-body.ts";
import type { DatasourceRoutes } from "./datasources.ts";
import { route, type AdminServer } from "./route.ts";

/** `/v2/datasources/import`: what was described elsewhere. */

const take = route({
  permission: "datasources:write",
  tag: "Datasources",
  summary: "Import datasources from Appsmith",
  description:
    "Each is created or refused on its own, and the answer says which and why. Exports have no secrets: those are filled in afterwards, and who connected has to connect again. Our own datasources need no import: what is read of one can be sent to create it elsewhere.",
  body: ImportDatasources,
  success: { 200: ImportedDatasources },
});

type Outcome = ImportedDatasources["datasources"][number];

export function registerDatasourceImport(server: AdminServer, context: DatasourceRoutes): void {
  server.post("/datasources/import", take, async ({ body, caller }) => {
    const { readAppsmith } = await context.outbound();
    const found = readAppsmith(body.document);
    if (found === undefined) throw badField("document", "is not an export of Appsmith");
    const datasources: Outcome[] = [];
    for (const one of found) {
      datasources.push(await takeOne(context, caller, one, body.dry_run === true));
    }
    return { datasources };
  });
}

async function takeOne(
  context: DatasourceRoutes,
  { actor }: Caller,
  { name, body, notes }: ImportedDatasource,
  isDry: boolean,
): Promise<Outcome> {
  if (body === undefined) return { name, outcome: "skipped", notes };
  const field_errors = errorsOf(body);
  if (field_errors !== undefined) return { name, outcome: "refused", field_errors, notes };
  const { createDatasource, checkInput } = await context.outbound();
  const input = toInput(body as CreateDatasource);
  try {
    checkInput(input, context.outboundAllow);
    if (isDry) return { name, outcome: "would_be_created", notes };
    const { id } = await createDatasource(context, actor, { input, idempotencyKey: undefined });
    return { name, outcome: "created", id, notes };
  } catch (error) {
    const fields = error instanceof AdminError ? error.options.fieldErrors : undefined;
    if (fields === undefined) throw error;
    return { name, outcome: "refused", field_errors: { ...fields }, notes };
  }
}

const isRight = Compile(CreateDatasource);

/** As the same body would be refused when it is sent by hand. */
function errorsOf(body: object): Record<string, string> | undefined {
  if (isRight.Check(body)) return undefined;
  const named = isRight
    .Errors(body)
    .map(({ instancePath, message }) => [
      instancePath.slice(1).replaceAll("/", ".") || "document",
      message,
    ]);
  return Object.fromEntries(named) as Record<string, string>;
}
