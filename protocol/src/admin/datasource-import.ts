import { Type, type Static } from "typebox";
import { closedObject, oneOf } from "./common.ts";

/** Datasources that were described elsewhere (`/v2/datasources/import`). */

export const ImportDatasources = closedObject({
  from: oneOf(["appsmith"], "Whose export it is."),
  document: Type.Unknown({
    description: "The export as it is: of an application, of the API, or of one datasource.",
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
