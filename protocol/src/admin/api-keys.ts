import { Type, type Static } from "typebox";
import {
  closedObject,
  ExternalId,
  Labels,
  OnLeak,
  oneOf,
  PageMetadata,
  PageQuery,
} from "./common.ts";
import { AgentRoles, ApiRoles, CorpusRoles, ResourceRoles } from "./role-bindings.ts";

/** API keys: long-lived secrets that are sent as `x-api-key` (`/v2/api_keys`). */

export const apiKeyRoles = ["serving", "serving_and_indexing", "personal"] as const;
export type ApiKeyRole = (typeof apiKeyRoles)[number];

export const apiKeyStates = ["active", "disabled", "expired", "revoked"] as const;
export type ApiKeyState = (typeof apiKeyStates)[number];

const Name = Type.String({ minLength: 1, maxLength: 255 });
const CorpusKey = Type.String({ pattern: "^[a-zA-Z0-9_=-]{1,50}$" });
const DateTime = Type.String({ format: "date-time", maxLength: 40 });
const ApiKeyRoleName = oneOf(
  apiKeyRoles,
  "`serving` reads and searches the named corpora, `serving_and_indexing` also writes their " +
    "documents, `personal` may do what its owner may at the time.",
);

export const CreateApiKey = closedObject({
  name: Name,
  api_key_role: Type.Optional(ApiKeyRoleName),
  corpus_keys: Type.Optional(
    Type.Array(CorpusKey, {
      minItems: 1,
      maxItems: 1000,
      uniqueItems: true,
      description: "For `serving` and `serving_and_indexing`: the corpora it is bound to.",
    }),
  ),
  api_roles: Type.Optional(ApiRoles),
  corpus_roles: Type.Optional(CorpusRoles),
  agent_roles: Type.Optional(AgentRoles),
  resource_roles: Type.Optional(ResourceRoles),
  enabled: Type.Optional(Type.Boolean()),
  expires_at: Type.Optional(DateTime),
  external_id: Type.Optional(ExternalId),
  labels: Type.Optional(Labels),
  on_leak: Type.Optional(OnLeak),
});
export type CreateApiKey = Static<typeof CreateApiKey>;

/** A member that is absent stays as it is; `null` takes a setting away. Roles never change. */
export const UpdateApiKey = closedObject({
  name: Type.Optional(Name),
  enabled: Type.Optional(Type.Boolean()),
  expires_at: Type.Optional(Type.Union([DateTime, Type.Null()])),
  external_id: Type.Optional(Type.Union([ExternalId, Type.Null()])),
  labels: Type.Optional(Labels),
  on_leak: Type.Optional(OnLeak),
});
export type UpdateApiKey = Static<typeof UpdateApiKey>;

export const ApiKey = Type.Object({
  id: Type.String({ description: "The name of the resource: `aky_…`." }),
  name: Name,
  secret_key: Type.Optional(
    Type.String({ description: "The key itself, in the answer that creates it and never again." }),
  ),
  hint: Type.String({ description: "The last characters, to tell one from another." }),
  api_key_role: Type.Optional(ApiKeyRoleName),
  corpus_keys: Type.Optional(Type.Array(CorpusKey)),
  api_roles: ApiRoles,
  corpus_roles: CorpusRoles,
  agent_roles: AgentRoles,
  resource_roles: ResourceRoles,
  enabled: Type.Boolean(),
  state: oneOf(apiKeyStates, "Whether it is accepted now."),
  on_leak: OnLeak,
  user_id: Type.Optional(Type.String({ description: "The person who made it." })),
  client_id: Type.Optional(Type.String({ description: "The app client that made it." })),
  api_key_id: Type.Optional(Type.String({ description: "The API key that made it." })),
  external_id: Type.Optional(ExternalId),
  labels: Labels,
  created_at: Type.String({ format: "date-time" }),
  updated_at: Type.String({ format: "date-time" }),
  expires_at: Type.Optional(Type.String({ format: "date-time" })),
  last_used_at: Type.Optional(Type.String({ format: "date-time" })),
});
export type ApiKey = Static<typeof ApiKey>;

export const ListApiKeysQuery = Type.Object({
  ...PageQuery.properties,
  corpus_key: Type.Optional({
    ...CorpusKey,
    description: "Only keys that are bound to this corpus.",
  }),
  api_key_role: Type.Optional(ApiKeyRoleName),
  external_id: Type.Optional(ExternalId),
});
export type ListApiKeysQuery = Static<typeof ListApiKeysQuery>;

export const ApiKeyPage = Type.Object({
  api_keys: Type.Array(ApiKey),
  metadata: PageMetadata,
});
export type ApiKeyPage = Static<typeof ApiKeyPage>;
