import type { CauseName } from "./protocol/provider-causes.ts";

/**
 * A provider as the protocol layer sees it: what one datasource says about an outside API, and what
 * its profile knows of that provider's deviations. All of it is data; nothing here calls anybody.
 */

/**
 * `basic` encodes id and secret as the standard has it, `basic_raw` sends them as they are;
 * `basic_secret`, for profiles only, sends the secret as the user name.
 */
export type ClientAuthentication =
  | "body"
  | "json"
  | "basic"
  | "basic_raw"
  | "basic_secret"
  | "private_key_jwt"
  | "none";

export type BodyFormat = "form" | "json" | "query";

export type Pkce = "S256" | "plain" | "off";

export interface NamedValue {
  key: string;
  value: string;
}

/** A response that means that the access token has expired. All that is given must fit. */
export interface ExpiryMatcher {
  status?: number;
  /** The header must be there, and contain the value if one is given. */
  header?: { name: string; contains?: string };
  /** Text that the beginning of the body contains; in JSON, spaces between members do not count. */
  body?: string;
}

/** What an administrator says about a datasource: the names of the API in camel case. */
export interface DatasourceSettings {
  grantType: "authorization_code" | "client_credentials";
  addAccessTokenTo: "header" | "query";
  /** Stands before the token with a space; empty for the token alone. */
  headerPrefix: string;
  queryParameterName: string;
  accessTokenUrl: string;
  authorizationUrl?: string;
  refreshUrl?: string;
  revocationUrl?: string;
  introspectionUrl?: string;
  userinfoUrl?: string;
  /** When given, callbacks that name another one are refused. */
  issuer?: string;
  clientId: string;
  clientSecret?: string;
  /** PEM or JWK text, for `private_key_jwt`. */
  privateKey?: string;
  privateKeyId?: string;
  scopes: readonly string[];
  scopeSeparator: string;
  clientAuthentication: ClientAuthentication;
  /** The same as for the exchange unless given. */
  refreshClientAuthentication?: ClientAuthentication;
  bodyFormat: BodyFormat;
  pkce: Pkce;
  audience?: string;
  /** Several are sent several times [RFC 8707 §2]. */
  resource: readonly string[];
  customAuthenticationParameters: readonly NamedValue[];
  customTokenParameters: readonly NamedValue[];
  customTokenHeaders: readonly NamedValue[];
  customRefreshParameters: readonly NamedValue[];
  customRefreshHeaders: readonly NamedValue[];
  sendScopeWithRefresh: boolean;
  /** Renew once when somebody has connected, to see that it works. */
  proveRefresh?: boolean;
  /** Wins over whatever the provider says. */
  lifetimeSeconds?: number;
  /** PEM, in addition to the usual certificates. */
  certificateAuthority?: string;
  expiryMatchers: readonly ExpiryMatcher[];
  /** Hosts that may get the token; `*.example.com` for all below. */
  allowedHosts: readonly string[];
  baseUrl?: string;
  /** Fills `{name}` in the profile's URLs: a shop, a region. */
  variables: Readonly<Record<string, string>>;
  profile: string;
}

/** What nobody reads again once it is said. */
export type SecretName =
  | "clientSecret"
  | "privateKey"
  | "customTokenParameters"
  | "customTokenHeaders"
  | "customRefreshParameters"
  | "customRefreshHeaders";

/** The requests that are made in one place each. */
export type Step =
  | "authorize"
  | "exchange"
  | "client_credentials"
  | "refresh"
  | "upgrade"
  | "revoke"
  | "introspect"
  | "userinfo";

/**
 * How a provider wants one request other than the standard does. `{name}` stands for what the step
 * knows: a variable, what was captured, `client_id`, `access_token`; `timestamp` is in milliseconds.
 */
export interface StepRules {
  url?: string;
  method?: "GET" | "POST";
  bodyFormat?: BodyFormat;
  clientAuthentication?: ClientAuthentication;
  /** Added, or put in the place of a standard one. */
  parameters?: Readonly<Record<string, string>>;
  /** Standard name to the provider's. */
  renames?: Readonly<Record<string, string>>;
  omit?: readonly string[];
  /** Names that go into the query whatever the body format is. */
  inQuery?: readonly string[];
  /** `{name}` as in parameters. */
  headers?: Readonly<Record<string, string>>;
  signature?: SignatureRules;
}

/** A header that proves who sent just this: HMAC-SHA256 under the client's secret, in hexadecimal. */
export interface SignatureRules {
  header: string;
  /** What is signed: `{body}` as it goes out, else as in parameters. */
  over: string;
}

export interface AuthorizeRules extends StepRules {
  /** `minimal` leaves everything readable that does not change the meaning of the URL. */
  encoding?: "percent" | "minimal";
  /** The separator of scopes goes out as it is: `+` would otherwise become `%2B`. */
  isScopeSeparatorRaw?: boolean;
  /** The parameters follow the URL's fragment, where a script in the page reads them. */
  isInFragment?: boolean;
  /** Without them no refresh token is given; the lint asks for them. */
  offline?: { scope?: string; parameters?: Readonly<Record<string, string>> };
}

export interface CallbackRules {
  /** The parameter that carries the code; `undefined` where consent alone is what comes back. */
  code?: string;
  hasCode?: boolean;
  /** Parameters that are kept with the connection. */
  capture?: readonly string[];
  /** A parameter that names the host for tokens, and what it may be. */
  tokenOrigin?: { parameter: string; origins: readonly string[] };
}

/** How a provider's answers differ. Paths are member names with dots between them. */
export interface AnswerRules {
  /** The answer is a success only if this member has one of these values. */
  success?: { path: string; values: readonly (string | number | boolean)[] };
  /** The object that the members below are in. */
  root?: string;
  accessToken?: string;
  refreshToken?: string;
  expiresIn?: string;
  expiresAt?: string;
  refreshTokenExpiresIn?: string;
  scope?: string;
  tokenType?: string;
  expiresInUnit?: "seconds" | "milliseconds" | "days:hours:minutes";
  /** What a lifetime of zero means. */
  zeroLifetime?: "never" | "expired";
  /** Where the provider does not say it. */
  defaultLifetimeSeconds?: number;
  /** A refresh that answers no token has extended the one there is. */
  refreshExtends?: boolean;
  /** Kept with the connection: name to path. */
  capture?: Readonly<Record<string, string>>;
  /** Who has connected: what must stay the same when connecting again. */
  identity?: string;
  /** The member that names the API's own base URL, and hosts that are believed. */
  apiBase?: { path: string; hosts: readonly string[] };
  /** Further tokens of the same grant: name to the object they are in. */
  slots?: Readonly<Record<string, string>>;
  /** Where the code and the text of an error are, if not where others have them. */
  errorCode?: string;
  errorText?: string;
  /** The provider's codes of errors, and what they mean here. */
  errors?: Readonly<Record<string, CauseName>>;
}

export interface Profile {
  name: string;
  title: string;
  /** What the form proposes; what a datasource says wins. Never a secret. */
  settings: Partial<Omit<DatasourceSettings, SecretName>>;
  authorize?: AuthorizeRules;
  /** The name under which the state goes out and comes back, where it is not `state`. */
  stateParameter?: string;
  callback?: CallbackRules;
  exchange?: StepRules;
  clientCredentials?: StepRules;
  /**
   * `with`: what is presented for new tokens. `client`: only who asks, and the shop that the URL names.
   * `nothing`: this provider cannot refresh.
   */
  refresh?: StepRules & { with?: "refresh_token" | "access_token" | "client" | "nothing" };
  /**
   * A second call right after the first, whose answer is the token that the API takes. It is made again
   * after each refresh, unless its own token is what a refresh presents. The first call's refresh token
   * is kept, unless the second gives one. `answer` stands in the place of the profile's own for it.
   */
  upgrade?: StepRules & { answer?: AnswerRules };
  revoke?: StepRules;
  userinfo?: StepRules;
  answer?: AnswerRules;
  /** The claims of a client assertion that are not the standard's. `{name}` as in parameters. */
  assertionClaims?: Readonly<Record<string, string>>;
  /** The provider spends a refresh token with its use, so an answer that is lost matters. */
  rotatesRefreshToken?: boolean;
  /** Facts that a person should know, in a sentence each. */
  notes?: readonly string[];
}

/** Settings and profile together, as `describeProvider` makes them. */
export interface Provider {
  settings: DatasourceSettings;
  profile: Profile;
}
