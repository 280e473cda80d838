import { Type, type Static } from "typebox";
import { Datasource } from "./datasources.ts";

/** What is known of single providers (`/v2/datasource_profiles`). */

const { id: _id, name: _name, client_id: _clientId, ...properties } = Datasource.properties;

export const DatasourceProfile = Type.Object({
  name: Type.String({ description: "`profile` of a datasource." }),
  title: Type.String(),
  settings: Type.Partial(Type.Object(properties), {
    description: "What holds for a datasource with this profile that does not say otherwise.",
  }),
  variables: Type.Array(Type.String(), {
    description: "What a datasource has to say in `variables`: a shop, a region.",
  }),
  offline: Type.Optional(
    Type.Object(
      {
        scope: Type.Optional(Type.String()),
        parameters: Type.Optional(Type.Record(Type.String(), Type.String())),
      },
      {
        description:
          "Without these the provider gives no refresh token. Parameters are added by themselves, the scope is for you to ask for.",
      },
    ),
  ),
  can_refresh: Type.Boolean(),
  notes: Type.Array(Type.String(), { description: "What a person should know." }),
});
export type DatasourceProfile = Static<typeof DatasourceProfile>;

export const DatasourceProfileList = Type.Object({ profiles: Type.Array(DatasourceProfile) });
export type DatasourceProfileList = Static<typeof DatasourceProfileList>;
