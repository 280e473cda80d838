import type { ImportedDatasource } from "./imported-datasource.ts";

/**
 * What Appsmith knows of a datasource, in our words. Its exports come in several shapes: an application's
 * export, the answer of its API, or one datasource; secrets are not in them.
 */

type Members = Readonly<Record<string, unknown>>;

const isMembers = (value: unknown): value is Members =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const membersOf = (value: unknown): Members => (isMembers(value) ? value : {});
const textOf = (value: unknown): string | undefined =>
  typeof value === "string" && value.trim() !== "" ? value.trim() : undefined;

/** `undefined` for what is no such export. */
export function readAppsmith(document: unknown): ImportedDatasource[] | undefined {
  const list = listOf(document);
  return list?.map((one) => (isMembers(one) ? readOne(one) : noDatasource));
}

const noDatasource: ImportedDatasource = {
  name: "Imported",
  body: undefined,
  notes: ["It is no datasource."],
};

function listOf(document: unknown): readonly unknown[] | undefined {
  if (Array.isArray(document)) return document;
  if (!isMembers(document)) return undefined;
  for (const name of ["datasourceList", "datasources", "data"]) {
    const value = document[name];
    if (Array.isArray(value)) return value;
  }
  return configurationOf(document) === undefined ? undefined : [document];
}

/** Newer versions keep one for each environment; the first is as good as any, and a note names it. */
function configurationOf(datasource: Members): Members | undefined {
  if (isMembers(datasource["datasourceConfiguration"]))
    return datasource["datasourceConfiguration"];
  const [storage] = Object.values(membersOf(datasource["datasourceStorages"]));
  const configuration = membersOf(storage)["datasourceConfiguration"];
  return isMembers(configuration) ? configuration : undefined;
}

const notConfigured =
  "Its configuration is not in this export: take the answer of the API, or one datasource.";

function readOne(datasource: Members): ImportedDatasource {
  const name = textOf(datasource["name"]) ?? "Imported";
  const configuration = configurationOf(datasource);
  const authentication = membersOf(configuration?.["authentication"]);
  if (configuration === undefined) return { name, body: undefined, notes: [notConfigured] };
  if (authentication["authenticationType"] !== "oAuth2") {
    return { name, body: undefined, notes: ["It does not use OAuth 2.0."] };
  }
  const text = (field: string): string | undefined => textOf(authentication[field]);
  const body = {
    name,
    base_url: textOf(configuration["url"]),
    grant_type: text("grantType") ?? "client_credentials",
    add_access_token_to: authentication["isTokenHeader"] === false ? "query" : "header",
    header_prefix: prefixOf(authentication["headerPrefix"]),
    access_token_url: text("accessTokenUrl"),
    authorization_url: text("authorizationUrl"),
    client_id: text("clientId"),
    scopes: scopesOf(authentication),
    audience: text("audience"),
    resource: text("resource") === undefined ? undefined : [text("resource")],
    // Whatever its form says, Appsmith never sends JSON.
    client_authentication: authentication["isAuthorizationHeader"] === true ? "basic_raw" : "body",
    refresh_client_authentication: refreshAuthenticationOf(authentication),
    send_scope_with_refresh: authentication["sendScopeWithRefreshToken"] !== false,
    lifetime_seconds: lifetimeOf(authentication["expiresIn"]),
    // Its authorization requests have no proof.
    pkce: "off",
    ...customParametersOf(authentication),
  };
  const said = Object.entries(body).filter(([, value]) => value !== undefined);
  return {
    name,
    body: Object.fromEntries(said),
    notes: notesOf(datasource, configuration, authentication),
  };
}

/** Blank is one that was taken away, and the token stands alone. */
const prefixOf = (value: unknown): string | undefined =>
  typeof value === "string" ? value.trim() : undefined;

function scopesOf(authentication: Members): unknown {
  const { scope, scopeString } = authentication;
  // The text is in the order in which they were written, the list in any.
  const written = textOf(scopeString);
  if (written !== undefined || !Array.isArray(scope)) return written ?? textOf(scope);
  return scope.filter((one) => textOf(one) !== undefined);
}

function refreshAuthenticationOf(authentication: Members): string | undefined {
  const where = textOf(authentication["refreshTokenClientCredentialsLocation"]);
  if (where === undefined) return undefined;
  return where === "HEADER" ? "basic_raw" : "body";
}

function lifetimeOf(value: unknown): number | undefined {
  const seconds = Number(value);
  return Number.isInteger(seconds) && seconds > 0 ? seconds : undefined;
}

/** Each grant has its own list; the other one's is a remainder of what was chosen before, and is not sent. */
function customParametersOf(authentication: Members): Record<string, unknown> {
  if (authentication["grantType"] === "authorization_code") {
    const parameters = parametersOf(authentication["customAuthenticationParameters"]);
    return parameters.length === 0 ? {} : { custom_authentication_parameters: parameters };
  }
  const parameters = parametersOf(authentication["customTokenParameters"]);
  return parameters.length === 0 ? {} : { custom_token_parameters: parameters };
}

const parametersOf = (given: unknown): { key: string; value: string }[] =>
  (Array.isArray(given) ? given : [])
    .map(membersOf)
    .map(({ key, value }) => ({ key: textOf(key) ?? "", value: textOf(value) ?? "" }))
    .filter(({ key }) => key !== "");

function notesOf(datasource: Members, configuration: Members, authentication: Members): string[] {
  const isCode = authentication["grantType"] === "authorization_code";
  const notes: (string | false)[] = [
    "The client secret is not in an export: fill it in.",
    isCode && "Register the redirect URL of here at the provider, and connect anew.",
    isCode && "PKCE is off, as it was there; switch it on where the provider takes it.",
    hasAny(configuration["headers"]) &&
      "Headers of its requests are not taken over: send them with each request.",
    hasAny(configuration["queryParameters"]) &&
      "Query parameters of its requests are not taken over: send them with each request.",
    hasUselessLifetime(authentication["expiresIn"]) &&
      "Its lifetime of tokens is no number of seconds and is not taken over.",
    environmentNote(datasource),
    hasOwnAuthority(configuration, authentication) && "Fill in the certificate authority.",
  ];
  return notes.filter((note) => note !== false);
}

const hasAny = (parameters: unknown): boolean => parametersOf(parameters).length > 0;

/** For the API there is one setting, and another one says that it is for the token URL too. */
function hasOwnAuthority(configuration: Members, authentication: Members): boolean {
  const { authType } = membersOf(membersOf(configuration["connection"])["ssl"]);
  return authType === "SELF_SIGNED_CERTIFICATE" || authentication["useSelfSignedCert"] === true;
}

const hasUselessLifetime = (value: unknown): boolean =>
  value !== undefined && value !== null && value !== "" && lifetimeOf(value) === undefined;

function environmentNote(datasource: Members): string | false {
  if (isMembers(datasource["datasourceConfiguration"])) return false;
  const [taken, ...others] = Object.keys(membersOf(datasource["datasourceStorages"]));
  if (others.length === 0) return false;
  return `Of its environments, ${taken} is taken; describe by hand: ${others.join(", ")}.`;
}
