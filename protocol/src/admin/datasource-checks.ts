import { Type, type Static } from "typebox";
import { closedObject, oneOf } from "./common.ts";
import { clientAuthentications, CreateDatasource } from "./datasources.ts";

/** Looking at a datasource before it is saved (`POST /v2/datasources/check`). */

export const CheckDatasource = closedObject({
  ...Type.Partial(CreateDatasource).properties,
  datasource_id: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 100,
      description: "One that is there; other members stand in the place of its settings.",
    }),
  ),
  detect_client_authentication: Type.Optional(
    Type.Boolean({
      description:
        "Find out which client authentication the provider accepts, with the client's secret, at the token URL.",
    }),
  ),
});
export type CheckDatasource = Static<typeof CheckDatasource>;

const Way = {
  client_authentication: oneOf(clientAuthentications, "How the client proves itself."),
  body_format: oneOf(["form", "json", "query"], "How parameters are sent."),
};

export const DatasourceCheck = Type.Object({
  findings: Type.Array(
    Type.Object({
      severity: oneOf(["error", "warning", "ok"], "The worst come first."),
      field: Type.String({ description: "The setting that it is about." }),
      cause: Type.String(),
      message: Type.String({ description: "What it is, in plain words." }),
      fix: Type.String({ description: "What to do about it; empty where nothing is." }),
    }),
  ),
  client_authentication: Type.Optional(
    Type.Object(
      {
        accepted: Type.Optional(Type.Object(Way)),
        tried: Type.Array(
          Type.Object({
            ...Way,
            outcome: oneOf(["accepted", "refused", "unclear"], "What the provider said to it."),
          }),
        ),
      },
      { description: "Where it was to be detected." },
    ),
  ),
});
export type DatasourceCheck = Static<typeof DatasourceCheck>;
