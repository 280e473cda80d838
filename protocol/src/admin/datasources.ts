import { Type, type Static, type TSchema } from "typebox";
import { connectionStates } from "./connections.ts";
import { closedObject, ExternalId, Labels, oneOf, PageMetadata, PageQuery } from "./common.ts";

/** Outside APIs and how one gets tokens for them (`/v2/datasources`). */

export const datasourcesMax = 10_000;

export const datasourceGrantTypes = ["authorization_code", "client_credentials"] as const;
export const clientAuthentications = [
  "body",
  "json",
  "basic",
  "basic_raw",
  "private_key_jwt",
  "none",
] as const;

const DateTime = Type.String({ format: "date-time" });
const text = (maxLength: number, description: string, minLength = 1) =>
  Type.String({ minLength, maxLength, description });
const url = (description: string) => text(2000, description);

const NamedValue = closedObject({
  key: Type.String({ minLength: 1, maxLength: 200 }),
  value: Type.String({ maxLength: 4000 }),
});
const namedValues = (description: string) => Type.Array(NamedValue, { maxItems: 50, description });
const clientAuthentication = (description: string) => oneOf(clientAuthentications, description);

const ExpiryMatcher = closedObject({
  status: Type.Optional(Type.Integer({ minimum: 100, maximum: 599 })),
  header: Type.Optional(
    closedObject({
      name: Type.String({ minLength: 1, maxLength: 100 }),
      contains: Type.Optional(Type.String({ minLength: 1, maxLength: 500 })),
    }),
  ),
  body: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 500,
      description:
        "The body's beginning contains it. In JSON, spaces between members do not count on either side.",
    }),
  ),
});

/** What can be read again as it was set. */
const open = {
  base_url: url("Where the API is: requests through a connection go below it."),
  grant_type: oneOf(datasourceGrantTypes, "How tokens are got: with a person, or without."),
  add_access_token_to: oneOf(["header", "query"], "Where requests to the API carry the token."),
  header_prefix: text(
    50,
    "Before the token in the header, `Bearer`; empty for the token alone.",
    0,
  ),
  query_parameter_name: text(100, "The parameter that carries the token: `access_token`."),
  access_token_url: url("Where tokens are got."),
  authorization_url: url("Where a person is sent to allow access."),
  refresh_url: url("Where tokens are refreshed, if not where they are got."),
  revocation_url: url("Where tokens are given back."),
  introspection_url: url("Where a token can be asked about."),
  userinfo_url: url("Where one asks who has connected."),
  issuer: url(
    "The provider's issuer. What is missing is read there, and callbacks that name another are refused.",
  ),
  client_id: text(1000, "Who we are at the provider."),
  private_key_id: text(500, "`kid` in the assertions that the private key signs."),
  scope_separator: text(5, "Between scopes on their way to the provider: a space."),
  client_authentication: clientAuthentication(
    "How we prove who we are: in a form, in JSON, as Basic (form-encoded or raw), with a signed assertion, or not at all.",
  ),
  refresh_client_authentication: clientAuthentication("The same for refreshing, where it differs."),
  body_format: oneOf(["form", "json", "query"], "How parameters are sent to the token URL."),
  pkce: oneOf(["S256", "plain", "off"], "Proof that the code comes back to who asked for it."),
  audience: text(2000, "Sent with every request for a token."),
  resource: Type.Array(text(2000, "A URI."), {
    maxItems: 20,
    description: "Sent with every request for a token.",
  }),
  custom_authentication_parameters: namedValues("Added to the authorization URL."),
  send_scope_with_refresh: Type.Boolean({ description: "Whether a refresh names the scopes." }),
  prove_refresh: Type.Boolean({
    description:
      "Whether a token is renewed once when somebody has connected, so that what does not work shows then. Spends a refresh token where the provider replaces it.",
  }),
  lifetime_seconds: Type.Integer({
    minimum: 1,
    maximum: 315_360_000,
    description: "How long a token lives, whatever the provider says.",
  }),
  certificate_authority: text(
    100_000,
    "Certificates in PEM form that count beside the usual ones.",
  ),
  expiry_matchers: Type.Array(ExpiryMatcher, {
    maxItems: 20,
    description:
      'Answers of the API that mean that the token has expired. One is enough; all that it names must fit. `[{"status": 401}]` unless set.',
  }),
  allowed_hosts: Type.Array(text(253, "A host, or `*.` and a domain for all below it."), {
    maxItems: 50,
    description: "Hosts that may get the token beside the base URL's.",
  }),
  variables: Type.Record(
    Type.String({ pattern: "^[A-Za-z0-9_:-]{1,50}$" }),
    Type.String({ minLength: 1, maxLength: 100 }),
    { maxProperties: 20, description: "What fills `{name}` in the profile's URLs." },
  ),
  profile: text(100, "What is known of this provider: `standard`, or the name of one."),
};

/** What is sealed, and never shown again. */
const secret = {
  client_secret: text(4000, "Never shown again.", 0),
  private_key: text(20_000, "For `private_key_jwt`: PEM or JWK. Never shown again."),
  custom_token_parameters: namedValues("Added when tokens are got. Values are never shown again."),
  custom_token_headers: namedValues("Sent when tokens are got. Values are never shown again."),
  custom_refresh_parameters: namedValues("Added to a refresh. Values are never shown again."),
  custom_refresh_headers: namedValues("Sent with a refresh. Values are never shown again."),
};

const Scopes = Type.Union(
  [
    Type.String({ maxLength: 10_000 }),
    Type.Array(text(500, "A scope."), { maxItems: 200, uniqueItems: true }),
  ],
  { description: "Text with commas between them, or a list." },
);

type Optional<Properties extends Record<string, TSchema>> = {
  [Name in keyof Properties]: ReturnType<typeof Type.Optional<Properties[Name]>>;
};
const optional = <Properties extends Record<string, TSchema>>(properties: Properties) =>
  Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [name, Type.Optional(schema)]),
  ) as Optional<Properties>;

type Removable<Properties extends Record<string, TSchema>> = {
  [Name in keyof Properties]: ReturnType<
    typeof Type.Optional<ReturnType<typeof Type.Union<[Properties[Name], Type.TNull]>>>
  >;
};
const removable = <Properties extends Record<string, TSchema>>(properties: Properties) =>
  Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [
      name,
      Type.Optional(Type.Union([schema, Type.Null()])),
    ]),
  ) as Removable<Properties>;

const Name = text(255, "Shown to people, also to those who connect.");

const { client_id: ClientId, ...others } = open;

/** What a profile may propose. */
const { profile: _, ...proposable } = { ...others, scopes: Scopes };
const proposableNames = Object.keys(proposable) as (keyof typeof proposable)[];

/** A member that is absent is as the profile proposes; `null`: as if it proposed nothing. */
export const CreateDatasource = closedObject({
  name: Name,
  client_id: ClientId,
  ...removable(others),
  ...removable(secret),
  scopes: Type.Optional(Type.Union([Scopes, Type.Null()])),
  external_id: Type.Optional(ExternalId),
  labels: Type.Optional(Labels),
});
export type CreateDatasource = Static<typeof CreateDatasource>;

/** A member that is absent stays as it is; `null` takes a setting away, also one that is proposed. */
export const UpdateDatasource = closedObject({
  name: Type.Optional(Name),
  client_id: Type.Optional(ClientId),
  ...removable(others),
  ...removable(secret),
  scopes: Type.Optional(Type.Union([Scopes, Type.Null()])),
  external_id: Type.Optional(Type.Union([ExternalId, Type.Null()])),
  labels: Type.Optional(Labels),
  as_proposed: Type.Optional(
    Type.Array(oneOf(proposableNames, "The name of a setting."), {
      maxItems: proposableNames.length,
      uniqueItems: true,
      description:
        "Settings that are to be as the profile proposes them again: what was said of them, `null` included, is forgotten.",
    }),
  ),
});
export type UpdateDatasource = Static<typeof UpdateDatasource>;

const Names = Type.Array(Type.Object({ key: Type.String() }), {
  description: "Without their values.",
});

export const Datasource = Type.Object({
  id: Type.String({ description: "`dsr_…`." }),
  name: Name,
  client_id: ClientId,
  ...optional(others),
  scopes: Type.Array(Type.String()),
  has_client_secret: Type.Boolean(),
  has_private_key: Type.Boolean(),
  custom_token_parameters: Names,
  custom_token_headers: Names,
  custom_refresh_parameters: Names,
  custom_refresh_headers: Names,
  redirect_url: Type.String({ description: "What is registered at the provider." }),
  connection_counts: Type.Partial(Type.Record(Type.Enum([...connectionStates]), Type.Integer()), {
    description: "How many connections it has in each state; states without any are absent.",
  }),
  findings: Type.Array(Type.Object({ field: Type.String(), message: Type.String() }), {
    description: "What is doubtful about these settings.",
  }),
  external_id: Type.Optional(ExternalId),
  labels: Labels,
  created_at: DateTime,
  updated_at: DateTime,
});
export type Datasource = Static<typeof Datasource>;

export const DatasourcePage = Type.Object({
  datasources: Type.Array(Datasource),
  metadata: PageMetadata,
});

export const ListDatasourcesQuery = Type.Object({
  ...PageQuery.properties,
  name: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 200,
      description:
        "What the name has somewhere in it, without regard to the case of letters a to z.",
    }),
  ),
  external_id: Type.Optional(ExternalId),
});

export const DeleteDatasourceQuery = Type.Object({
  force: Type.Boolean({ default: false, description: "Delete its connections with it." }),
});
