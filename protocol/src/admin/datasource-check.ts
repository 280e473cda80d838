import { Type, type Static } from "typebox";
import { closedObject, oneOf } from "./common.ts";
import { CreateDatasource } from "./datasources.ts";

/** What is wrong with a datasource, before it is saved (`/v2/datasources/check`). */

const {
  name,
  client_id: clientId,
  external_id: _,
  labels: __,
  ...settings
} = CreateDatasource.properties;

export const CheckDatasource = closedObject({
  ...settings,
  name: Type.Optional(name),
  client_id: Type.Optional(clientId),
  datasource_id: Type.Optional(
    Type.String({
      maxLength: 100,
      description: "One that is there: what is not given is taken from it, and its secret is used.",
    }),
  ),
  detect_client_authentication: Type.Optional(
    Type.Boolean({ default: false, description: "Try which one the provider takes." }),
  ),
});
export type CheckDatasource = Static<typeof CheckDatasource>;

export const DatasourceCheck = Type.Object({
  findings: Type.Array(
    Type.Object({
      severity: oneOf(["error", "warning"], "An error keeps it from working."),
      field: Type.String({ description: "The setting that it is about." }),
      code: Type.String(),
      message: Type.String({ description: "What is wrong." }),
      fix: Type.String({ description: "What to do about it." }),
    }),
    { description: "Empty: nothing was found." },
  ),
  tried: Type.Array(
    Type.Object({
      client_authentication: Type.String(),
      accepted: Type.Boolean(),
      status: Type.Integer(),
      error: Type.Optional(Type.String({ description: "The provider's code." })),
    }),
    { description: "Which client authentications were tried." },
  ),
});
export type DatasourceCheck = Static<typeof DatasourceCheck>;
