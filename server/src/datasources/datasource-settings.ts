import { createAddressRules } from "../fetch/address.ts";
import { badField } from "../errors/admin-error.ts";
import {
  describeProvider,
  lintProvider,
  type Finding,
  type SaidSettings,
} from "./describe-provider.ts";
import { profiles } from "./profiles/profiles.ts";
import type { DatasourceSettings, Provider, SecretName } from "./provider.ts";

/** What may be said about a datasource, and what a change of it means for tokens that are held. */

export type DatasourceSecrets = Partial<Pick<DatasourceSettings, SecretName>>;

/** As it was said: `null` takes a proposal of the profile away. What counts is in a `Provider`. */
export type OpenSettings = Omit<SaidSettings, SecretName> & Pick<DatasourceSettings, "clientId">;

/** Throws 400 for a profile that is not there. */
export function toProvider(settings: OpenSettings, secrets: DatasourceSecrets): Provider {
  const profile = profiles.get(settings.profile ?? "standard");
  if (profile === undefined) throw badField("profile", "is not one that is known here");
  return describeProvider(profile, { ...settings, ...secrets });
}

/** What keeps nothing from being saved, but is good to know. */
export const doubtsOf = (provider: Provider): Finding[] =>
  lintProvider(provider).filter(({ isFatal, field }) => !isFatal || isLater(field));

/** A secret may be filled in later: an export has none. */
const isLater = (field: string): boolean => ["client_secret", "private_key"].includes(field);

/** Throws 400. `allow`: the private networks that may be reached. */
export function checkSettings(provider: Provider, allow: readonly string[]): void {
  const [fatal] = lintProvider(provider).filter(({ isFatal, field }) => isFatal && !isLater(field));
  if (fatal !== undefined) throw badField(fatal.field, fatal.message);
  const { settings } = provider;
  checkUrls(provider, allow);
  for (const [index, host] of settings.allowedHosts.entries()) {
    if (!hostPattern.test(host)) throw badField(`allowed_hosts.${index}`, "is not a host name");
  }
  if (!/^[!-~]*(?: [!-~]+)*$/.test(settings.headerPrefix)) {
    throw badField("header_prefix", "cannot stand in a header");
  }
  for (const field of ["customTokenHeaders", "customRefreshHeaders"] as const) {
    const isSendable = settings[field].every(
      ({ key, value }) =>
        headerName.test(key) && headerValue.test(value) && !isOfConnection.test(key),
    );
    if (!isSendable) throw badField(snakeCase(field), "has a header that cannot be sent");
  }
  const isEmpty = settings.expiryMatchers.some((matcher) => Object.keys(matcher).length === 0);
  if (isEmpty) throw badField("expiry_matchers", "has one that names nothing");
}

const hostPattern =
  /^(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;
const headerName = /^[!#$%&'*+.^_`|~\dA-Za-z-]+$/;
const headerValue = /^[\t\u0020-\u007e\u0080-\u00ff]*$/;
const isOfConnection = /^(host|content-length|transfer-encoding|connection)$/i;

export const snakeCase = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const urlFields = ["refreshUrl", "revocationUrl", "introspectionUrl", "userinfoUrl", "issuer"];

function checkUrls({ settings }: Provider, allow: readonly string[]): void {
  for (const field of [...urlFields, "baseUrl"]) {
    const text = settings[field as "refreshUrl"];
    if (text !== undefined && !isCallable(text.replace(/\{[\w:-]+\}/g, "x"))) {
      throw badField(snakeCase(field), "is not a URL that can be called");
    }
  }
  const base = URL.parse(settings.baseUrl?.replace(/\{[\w:-]+\}/g, "x") ?? "");
  if (base !== null && (base.search !== "" || base.hash !== "")) {
    throw badField("base_url", "must have neither a query nor a fragment");
  }
  const isAsked = settings.grantType === "authorization_code";
  if (isAsked && !mayBeOpened(settings.authorizationUrl ?? "", allow)) {
    throw badField("authorization_url", "must begin with https:");
  }
}

function isCallable(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.username + url.password === "";
}

/** A browser goes there: without TLS only on this machine and in networks that are permitted. */
function mayBeOpened(text: string, allow: readonly string[]): boolean {
  const url = URL.parse(text.replace(/\{[\w:-]+\}/g, "x"));
  if (url === null || url.username + url.password !== "") return false;
  if (url.protocol === "https:") return true;
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const isLoopback = host === "localhost" || host === "::1" || host.startsWith("127.");
  return isLoopback || createAddressRules([...allow]).judge(host) === "allowed";
}

/** What a change means for the connections of a datasource. */
export type Effect = "keep" | "retry" | "reconnect" | "forget";

/** What tokens are tied to: with another one they are worth nothing, or not what was agreed to. */
const tied = ["grantType", "clientId", "issuer", "profile", "variables"] as const;
/** What is only said when a token is asked for. */
const asked = [
  "scopes",
  "audience",
  "resource",
  "accessTokenUrl",
  "refreshUrl",
  "scopeSeparator",
  "clientSecret",
  "privateKey",
  "privateKeyId",
  "clientAuthentication",
  "bodyFormat",
  "refreshClientAuthentication",
  "customTokenParameters",
  "customTokenHeaders",
  "customRefreshParameters",
  "customRefreshHeaders",
  "sendScopeWithRefresh",
  "certificateAuthority",
  "lifetimeSeconds",
] as const satisfies (keyof DatasourceSettings)[];

/**
 * Who connected allowed certain hosts to have the token: another one needs a new consent. A token
 * without a person is simply got anew.
 */
export function effectOf(before: Provider, after: Provider): Effect {
  const differs = (name: keyof DatasourceSettings): boolean =>
    JSON.stringify(before.settings[name]) !== JSON.stringify(after.settings[name]);
  const isMachine = after.settings.grantType === "client_credentials";
  const isTied = tied.some(differs) || hasNewTokenHost(before, after) || hasNewHost(before, after);
  if (isTied) return isMachine && !differs("grantType") ? "forget" : "reconnect";
  if (!asked.some(differs)) return "keep";
  return isMachine ? "forget" : "retry";
}

const originOf = (text: string | undefined): string | undefined => URL.parse(text ?? "")?.origin;

/** Whether a secret or a refresh token would go to somebody who did not get it before. */
export function hasNewTokenHost(before: Provider, after: Provider): boolean {
  const known = new Set(tokenOriginsOf(before));
  return tokenOriginsOf(after).some((origin) => !known.has(origin));
}

const tokenOriginsOf = ({ settings }: Provider): string[] =>
  [
    settings.accessTokenUrl,
    settings.refreshUrl,
    settings.revocationUrl,
    settings.introspectionUrl,
  ].flatMap((url) => originOf(url) ?? []);

function hasNewHost(before: Provider, after: Provider): boolean {
  const known = new Set(hostsOf(before));
  return known.size > 0 && hostsOf(after).some((host) => !known.has(host));
}

const hostsOf = ({ settings }: Provider): string[] => [
  ...settings.allowedHosts,
  ...[originOf(settings.baseUrl) ?? []].flat(),
];
