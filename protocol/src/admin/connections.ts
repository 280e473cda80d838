import { Type, type Static } from "typebox";
import { closedObject, ExternalId, Labels, oneOf, PageMetadata, PageQuery } from "./common.ts";

/** Tokens that are held for an outside API: the team's, or one end user's (`/v2/connections`). */

export const connectionStates = [
  "not_connected",
  "connecting",
  "connected",
  "refreshing",
  "reconnect_required",
  "uncertain",
  "disabled",
] as const;
export type ConnectionState = (typeof connectionStates)[number];

const DateTime = Type.String({ format: "date-time" });
const Owner = Type.String({
  minLength: 1,
  maxLength: 200,
  description: "Your own id of the end user whose connection it is. Absent: the team's.",
});

export const CreateConnection = closedObject({
  owner: Type.Optional(Owner),
  refresh_token: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 65_536,
      pattern: "^[!-~]+$",
      description: "One that you have already: nobody has to connect again. Never shown again.",
    }),
  ),
  external_id: Type.Optional(ExternalId),
  labels: Type.Optional(Labels),
});
export type CreateConnection = Static<typeof CreateConnection>;

/** A member that is absent stays as it is; `null` takes a setting away. */
export const UpdateConnection = closedObject({
  enabled: Type.Optional(
    Type.Boolean({ description: "A disabled one is neither used nor renewed." }),
  ),
  external_id: Type.Optional(Type.Union([ExternalId, Type.Null()])),
  labels: Type.Optional(Labels),
});
export type UpdateConnection = Static<typeof UpdateConnection>;

export const Connection = Type.Object({
  id: Type.String({ description: "`con_…`." }),
  datasource_id: Type.String(),
  owner: Type.Optional(Owner),
  enabled: Type.Boolean(),
  state: oneOf(
    connectionStates,
    "`uncertain`: the provider may have used up the refresh token, and its answer is lost.",
  ),
  since: { ...DateTime, description: "Since when it is in this state." },
  reason: Type.Optional(
    Type.Object(
      {
        code: Type.String(),
        message: Type.String({ description: "What happened." }),
        fix: Type.String({ description: "What to do about it." }),
        provider: Type.Optional(Type.String({ description: "The provider's own words." })),
      },
      { description: "Why it is not as it should be." },
    ),
  ),
  connect_url: Type.Optional(
    Type.String({
      description:
        "Where a person connects it; good for a day, and until it was used. Not in lists, and only for callers with `connections:write`.",
    }),
  ),
  account: Type.Optional(Type.String({ description: "Who connected at the provider." })),
  requested_scopes: Type.Array(Type.String()),
  granted_scopes: Type.Optional(Type.Array(Type.String())),
  missing_scopes: Type.Array(Type.String(), {
    description: "Scopes of the datasource that were not granted.",
  }),
  tolerances: Type.Array(Type.Object({ code: Type.String(), message: Type.String() }), {
    description: "What was put up with when the provider's answer was read.",
  }),
  obtained_at: Type.Optional({ ...DateTime, description: "When the token was got." }),
  expires_at: Type.Optional({ ...DateTime, description: "Of the access token." }),
  refresh_token_expires_at: Type.Optional({
    ...DateTime,
    description: "Somebody has to connect again before then.",
  }),
  next_try_at: Type.Optional({ ...DateTime, description: "Not before then, after a failure." }),
  external_id: Type.Optional(ExternalId),
  labels: Labels,
  created_at: DateTime,
  updated_at: DateTime,
});
export type Connection = Static<typeof Connection>;

export const ConnectionPage = Type.Object({
  connections: Type.Array(Connection),
  metadata: PageMetadata,
});

export const ListConnectionsQuery = Type.Object({
  ...PageQuery.properties,
  owner: Type.Optional(Owner),
  state: Type.Optional(oneOf(connectionStates, "Only those.")),
  external_id: Type.Optional(ExternalId),
});

export const ListAllConnectionsQuery = Type.Object({
  ...ListConnectionsQuery.properties,
  datasource_id: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
});

export const ConnectionToken = Type.Object({
  access_token: Type.String(),
  token_type: Type.String({ description: "`Bearer`." }),
  expires_in: Type.Optional(Type.Integer({ description: "Seconds." })),
  expires_at: Type.Optional(DateTime),
  scope: Type.Optional(Type.String()),
});
export type ConnectionToken = Static<typeof ConnectionToken>;

export const ProviderExchange = Type.Object({
  id: Type.String({ description: "`exc_…`." }),
  at: DateTime,
  step: Type.String({ description: "`exchange`, `refresh`, `client_credentials` or another." }),
  curl: Type.String({
    description: "The request as a command, with shell variables where secrets were.",
  }),
  status: Type.Optional(Type.Integer({ description: "Of the answer." })),
  answer: Type.Optional(Type.String({ description: "Without its tokens, and cut." })),
  duration_ms: Type.Integer(),
  failure: Type.Optional(
    Type.Object({
      code: Type.String(),
      message: Type.String({ description: "What happened." }),
      fix: Type.String({ description: "What to do about it." }),
      detail: Type.Optional(Type.String()),
    }),
  ),
  tolerances: Type.Array(Type.Object({ code: Type.String(), message: Type.String() })),
});
export type ProviderExchange = Static<typeof ProviderExchange>;

export const ProviderExchangeList = Type.Object({
  exchanges: Type.Array(ProviderExchange, { description: "Newest first; the last twenty." }),
});
export type ProviderExchangeList = Static<typeof ProviderExchangeList>;
