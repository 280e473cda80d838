import { Type, type Static } from "typebox";
import { CreateDatasource } from "./datasources.ts";
import { closedObject, oneOf } from "./common.ts";

/** Datasources that were described elsewhere (`/v2/datasources/import`). */

export const ImportDatasources = closedObject({
  from: oneOf(["appsmith", "countersign"], "Whose export it is."),
  document: Type.Unknown({
    description:
      "The export as it is. Of Appsmith: of an application, of the API, or of one datasource. Of ours: the member `document` of the export.",
  }),
  dry_run: Type.Optional(
    Type.Boolean({ default: false, description: "Only say what would be done." }),
  ),
});
export type ImportDatasources = Static<typeof ImportDatasources>;

export const ImportedDatasources = Type.Object({
  datasources: Type.Array(
    Type.Object({
      name: Type.String(),
      outcome: oneOf(
        ["created", "would_be_created", "refused", "skipped", "failed"],
        "`skipped`: it does not use OAuth 2.0. `failed`: others were created, this one was not, as far as is known; `message` says why.",
      ),
      id: Type.Optional(Type.String({ description: "Of what was created." })),
      field_errors: Type.Optional(
        Type.Record(Type.String(), Type.String(), { description: "Why it was refused." }),
      ),
      message: Type.Optional(Type.String({ description: "Why it failed." })),
      notes: Type.Array(Type.String(), { description: "What is to be seen to by hand." }),
    }),
  ),
});
export type ImportedDatasources = Static<typeof ImportedDatasources>;

/** The answer of `/v2/datasources/{id}/export`; as it is, it is a request to import. */
export const ExportedDatasource = Type.Object({
  from: Type.Literal("countersign"),
  document: Type.Object({
    ...CreateDatasource.properties,
    left_out: Type.Array(Type.String(), {
      description: "Secrets that it has and that no export shows: names, never values.",
    }),
  }),
});
export type ExportedDatasource = Static<typeof ExportedDatasource>;
