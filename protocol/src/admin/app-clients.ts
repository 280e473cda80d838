import { Type, type Static } from "typebox";
import { clientAuthenticationMethods, grantTypes } from "../oauth.ts";
import {
  closedObject,
  ExternalId,
  filterOf,
  Labels,
  oneOf,
  PageMetadata,
  PageQuery,
} from "./common.ts";
import { Finding } from "./usage.ts";
import { AgentRoles, ApiRoles, CorpusRoles, ResourceRoles } from "./role-bindings.ts";

/** App clients: who asks for tokens (`/v2/app_clients`). */

const Name = Type.String({ minLength: 1, maxLength: 255 });
const Description = Type.String({ maxLength: 2000 });
const RedirectUris = Type.Array(Type.String({ minLength: 1, maxLength: 2000 }), {
  maxItems: 20,
  uniqueItems: true,
  description: "Where authorization answers may be sent; compared exactly.",
});
const GrantTypes = Type.Array(oneOf(grantTypes, "A grant that this client may use."), {
  minItems: 1,
  maxItems: grantTypes.length,
  uniqueItems: true,
});
const AuthenticationMethod = oneOf(
  clientAuthenticationMethods,
  "How the client proves itself. Absent: Basic and post are both accepted.",
);
const TokenLifetimeSeconds = Type.Integer({
  minimum: 30,
  maximum: 86_400,
  description: "How long this client's tokens live. The API's default is 1800.",
});

export const appClientTypes = ["client_credentials", "authorization_code"] as const;
export type AppClientType = (typeof appClientTypes)[number];

/** What create and update have in common; every member is optional. */
const changeable = {
  description: Type.Optional(Description),
  enabled: Type.Optional(Type.Boolean()),
  api_roles: Type.Optional(ApiRoles),
  corpus_roles: Type.Optional(CorpusRoles),
  agent_roles: Type.Optional(AgentRoles),
  resource_roles: Type.Optional(ResourceRoles),
  grant_types: Type.Optional(GrantTypes),
  redirect_uris: Type.Optional(RedirectUris),
  labels: Type.Optional(Labels),
};

export const CreateAppClient = closedObject({
  name: Name,
  type: oneOf(appClientTypes, "The kind of client."),
  ...changeable,
  token_endpoint_auth_method: Type.Optional(AuthenticationMethod),
  token_lifetime_seconds: Type.Optional(TokenLifetimeSeconds),
  external_id: Type.Optional(ExternalId),
});
export type CreateAppClient = Static<typeof CreateAppClient>;

/** A member that is absent stays as it is; `null` takes a setting away. */
export const UpdateAppClient = closedObject({
  name: Type.Optional(Name),
  ...changeable,
  token_endpoint_auth_method: Type.Optional(Type.Union([AuthenticationMethod, Type.Null()])),
  token_lifetime_seconds: Type.Optional(Type.Union([TokenLifetimeSeconds, Type.Null()])),
  external_id: Type.Optional(Type.Union([ExternalId, Type.Null()])),
});
export type UpdateAppClient = Static<typeof UpdateAppClient>;

export const AppClient = Type.Object({
  id: Type.String({ description: "The name of the resource: `app_…`." }),
  client_id: Type.String({ description: "The name it says at the token endpoint." }),
  client_secret: Type.Optional(
    Type.String({
      description:
        "The newest secret: in the answer to create, and in read by id for callers who hold " +
        "`app_clients:reveal_secret`.",
    }),
  ),
  name: Name,
  description: Description,
  type: oneOf(appClientTypes, "The kind of client."),
  enabled: Type.Boolean(),
  api_roles: ApiRoles,
  corpus_roles: CorpusRoles,
  agent_roles: AgentRoles,
  resource_roles: ResourceRoles,
  grant_types: GrantTypes,
  redirect_uris: RedirectUris,
  token_endpoint_auth_method: Type.Optional(AuthenticationMethod),
  token_lifetime_seconds: Type.Optional(TokenLifetimeSeconds),
  external_id: Type.Optional(ExternalId),
  labels: Labels,
  warnings: Type.Array(Type.String({ description: "What its owner should know." })),
  findings: Type.Optional(Type.Array(Finding)),
  last_used_at: Type.Optional(
    Type.String({
      format: "date-time",
      description: "When it last got a token with any of its credentials.",
    }),
  ),
  created_at: Type.String({ format: "date-time" }),
  updated_at: Type.String({ format: "date-time" }),
});
export type AppClient = Static<typeof AppClient>;

export const appClientOrders = ["oldest", "newest"] as const;

export const ListAppClientsQuery = Type.Object({
  ...PageQuery.properties,
  filter: Type.Optional(filterOf("the name")),
  external_id: Type.Optional(ExternalId),
  order: {
    ...oneOf(appClientOrders, "By when they were created: the oldest first, or the newest."),
    default: "oldest",
  },
});
export type ListAppClientsQuery = Static<typeof ListAppClientsQuery>;

export const AppClientPage = Type.Object({
  app_clients: Type.Array(AppClient),
  metadata: PageMetadata,
});
export type AppClientPage = Static<typeof AppClientPage>;
