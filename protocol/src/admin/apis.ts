import { Type, type Static } from "typebox";
import { signingAlgorithms } from "../oauth.ts";
import { permissionPattern } from "../permissions.ts";
import { closedObject, ExternalId, Labels, oneOf, PageMetadata, PageQuery } from "./common.ts";

/** APIs: who is called with tokens (`/v2/apis`). */

export const apisMax = 1_000;

const DateTime = Type.String({ format: "date-time" });
const Name = Type.String({ minLength: 1, maxLength: 255 });
const Audience = Type.String({
  minLength: 1,
  maxLength: 255,
  pattern: "^[!-~]+$",
  description:
    "An absolute URI without a fragment: `aud` in the tokens, and `resource` when one is asked for.",
});
const SigningAlgorithm = oneOf(signingAlgorithms, "What its tokens are signed with.");
const TokenLifetimeSeconds = Type.Integer({
  minimum: 30,
  maximum: 86_400,
  description: "How long its tokens live when a client does not say.",
});
const OpenapiUrl = Type.String({
  minLength: 1,
  maxLength: 2000,
  pattern: "^https?://[!-~]+$",
  description: "Where its OpenAPI document is.",
});
const Offered = Type.Boolean({
  description: "Whether the clients of other accounts may ask for tokens to it.",
});

const PermissionName = Type.String({
  pattern: permissionPattern,
  maxLength: 100,
  description: "`<plural path segment>:<verb>`, for example `invoices:read`.",
});
const Meaning = Type.String({ maxLength: 500, description: "What it permits." });
const catalogue = {
  maxItems: 200,
  description:
    "What may be done with it. A name means the same on every API of the account that lists it; " +
    "`owner` and `administrator` hold all of them.",
};

export const ApiPermission = Type.Object({ name: PermissionName, description: Meaning });
export type ApiPermission = Static<typeof ApiPermission>;

const Permissions = Type.Array(
  closedObject({ name: PermissionName, description: Type.Optional(Meaning) }),
  catalogue,
);

export const CreateApi = closedObject({
  name: Name,
  audience: Audience,
  permissions: Permissions,
  signing_algorithm: Type.Optional(SigningAlgorithm),
  token_lifetime_seconds: Type.Optional(TokenLifetimeSeconds),
  openapi_url: Type.Optional(OpenapiUrl),
  offered: Type.Optional(Offered),
  external_id: Type.Optional(ExternalId),
  labels: Type.Optional(Labels),
});
export type CreateApi = Static<typeof CreateApi>;

/** A member that is absent stays as it is; `null` takes a setting away. The audience never changes. */
export const UpdateApi = closedObject({
  name: Type.Optional(Name),
  permissions: Type.Optional(Permissions),
  signing_algorithm: Type.Optional(SigningAlgorithm),
  token_lifetime_seconds: Type.Optional(TokenLifetimeSeconds),
  openapi_url: Type.Optional(Type.Union([OpenapiUrl, Type.Null()])),
  offered: Type.Optional(Offered),
  external_id: Type.Optional(Type.Union([ExternalId, Type.Null()])),
  labels: Type.Optional(Labels),
});
export type UpdateApi = Static<typeof UpdateApi>;

export const VerifierCredential = Type.Object({
  username: Type.String({ description: "The id of the API, for HTTP Basic." }),
  secret: Type.Optional(
    Type.String({ description: "`csvk_…`: in the answers to create and to rotate, never again." }),
  ),
  hint: Type.String({ description: "The last characters, to tell one from another." }),
  created_at: DateTime,
  previous_valid_until: Type.Optional({
    ...DateTime,
    description: "Until then the secret before it is accepted too.",
  }),
});
export type VerifierCredential = Static<typeof VerifierCredential>;

export const Api = Type.Object({
  id: Type.String({ description: "`api_…`." }),
  name: Name,
  audience: Audience,
  is_default: Type.Boolean({ description: "Whether tokens are for it that name no other API." }),
  permissions: Type.Array(ApiPermission, catalogue),
  signing_algorithm: SigningAlgorithm,
  token_lifetime_seconds: TokenLifetimeSeconds,
  openapi_url: Type.Optional(OpenapiUrl),
  offered: Offered,
  verifier_credential: Type.Optional({
    ...VerifierCredential,
    description: "With it the API may introspect tokens of its own audience, and nothing else.",
  }),
  external_id: Type.Optional(ExternalId),
  labels: Labels,
  created_at: DateTime,
  updated_at: DateTime,
});
export type Api = Static<typeof Api>;

export const ApiPage = Type.Object({ apis: Type.Array(Api), metadata: PageMetadata });
export type ApiPage = Static<typeof ApiPage>;

export const ListApisQuery = Type.Object({
  ...PageQuery.properties,
  external_id: Type.Optional(ExternalId),
});

export const RotateVerifierCredential = closedObject({
  previous_valid_seconds: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 604_800,
      description:
        "How long the secret before it goes on being accepted, so that verifiers can be changed " +
        "one by one. A day when absent; 0 for one that leaked.",
    }),
  ),
});
export type RotateVerifierCredential = Static<typeof RotateVerifierCredential>;
