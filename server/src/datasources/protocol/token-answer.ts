import type { AnswerRules, Provider, Step } from "../provider.ts";
import {
  at,
  isMembers,
  readDocument,
  textAt,
  type Members,
  type ProviderAnswer,
} from "./answer-document.ts";
import { checkSuccess, providerNowMsOf } from "./error-answer.ts";
import { ProviderError } from "./provider-error.ts";
import {
  claimOf,
  lifetimeOf,
  secondsOf,
  type Clocks,
  type LifetimeSource,
} from "./token-lifetime.ts";
import type { Tolerance } from "./tolerance.ts";

/**
 * The one reader of token answers. Tolerant of form: each thing that it puts up with is recorded.
 * Strict where a mistake would be dangerous: doubled members, foreign types, tokens that could not
 * stand in a header.
 */

export interface TokenSet {
  accessToken: string;
  /** `undefined`: there is none, or the one that is there stays; see `refreshToken` of the input. */
  refreshToken: string | undefined;
  /** Whether the refresh token is another one than before, so that the old one is void. */
  hasNewRefreshToken: boolean;
  expiresAtMs: number | undefined;
  lifetimeSource: LifetimeSource;
  refreshTokenExpiresAtMs: number | undefined;
  /** What was granted, where the answer says it. */
  scopes: readonly string[] | undefined;
  idToken: string | undefined;
  /** Who connected, where profile or ID token say it. */
  identity: string | undefined;
  /** What the profile keeps of an answer. */
  captured: Readonly<Record<string, string>>;
  /** The API's own base URL, from a host that the profile lists. */
  apiBaseUrl: string | undefined;
  /** Further tokens of this grant, each with a life of its own. */
  slots: Readonly<Record<string, TokenSet>>;
}

export interface TokenAnswer {
  tokens: TokenSet;
  tolerances: readonly Tolerance[];
}

export interface AnswerContext {
  step: Step;
  nowMs: number;
  /** What there was before, at a refresh. */
  previous?: { accessToken: string; refreshToken?: string | undefined } | undefined;
}

type Reading = Omit<AnswerContext, "nowMs"> & Clocks;

/** Throws `ProviderError`, also for what a provider refuses with a status of success. */
export function parseTokenAnswer(
  described: Provider,
  answer: ProviderAnswer,
  { step, nowMs, previous }: AnswerContext,
): TokenAnswer {
  const provider = step === "upgrade" ? withUpgradeRules(described) : described;
  const context = { step, nowMs, previous, providerNowMs: providerNowMsOf(answer.headers) };
  try {
    checkSuccess(provider, step, answer, nowMs);
    const document = readDocument(answer);
    if (document === undefined) throw unreadable(answer);
    const { members, tolerances } = document;
    if (answer.status !== 200) tolerances.add("unusual_status");
    const inner = innermost(provider.profile.answer ?? {}, members, tolerances);
    const tokens = readTokens(provider, inner, context, tolerances);
    const { slots: named = {} } = provider.profile.answer ?? {};
    const slots = readSlots(provider, named, { members, context, tolerances });
    return {
      tokens: { ...tokens, slots, ...facts(provider, members, tokens, tolerances) },
      tolerances: [...tolerances],
    };
  } catch (error) {
    throw afterUse(error, answer, step);
  }
}

/** The second call is often to another endpoint, with answers of a form of their own. */
function withUpgradeRules({ settings, profile }: Provider): Provider {
  const { answer = profile.answer } = profile.upgrade ?? {};
  return { settings, profile: { ...profile, ...(answer && { answer }) } };
}

const unreadable = ({ status }: ProviderAnswer): ProviderError =>
  new ProviderError("unreadable_answer", { status });

/**
 * A success that cannot be read may have used up the token all the same: of a refresh or a code
 * nobody knows then whether it can be sent again.
 */
function afterUse(error: unknown, { status }: ProviderAnswer, step: Step): unknown {
  const isLost =
    error instanceof ProviderError &&
    ["unreadable_answer", "unsafe_answer", "no_access_token"].includes(error.causeName);
  const isSpent = step === "refresh" && status >= 200 && status < 300;
  if (!isLost || !isSpent) return error;
  const { detail, causeName } = error;
  return new ProviderError("answer_unreadable_after_use", { status, detail: detail ?? causeName });
}

/** Where the tokens are: where the profile says, at the top, or in an object of a usual name. */
function innermost(rules: AnswerRules, members: Members, tolerances: Set<Tolerance>): Members {
  const named = rules.root === undefined ? undefined : at(members, rules.root);
  if (isMembers(named)) return marked(named);
  if (hasToken(members) || rules.accessToken !== undefined) return members;
  const usual = ["data", "authed_user", "result", "response"].map((name) => members[name]);
  const found = usual.find(hasToken);
  return found === undefined ? members : marked(found);

  function marked(inner: Members): Members {
    tolerances.add("nested_members");
    return inner;
  }
}

const hasToken = (one: unknown): one is Members =>
  isMembers(one) && accessTokenNames.some((name) => typeof one[name] === "string");

const accessTokenNames = ["access_token", "accessToken", "token"];
const refreshTokenNames = ["refresh_token", "refreshToken"];
const refreshLifetimeNames = [
  "refresh_token_expires_in",
  "refresh_expires_in",
  "x_refresh_token_expires_in",
  "refreshTokenExpiresIn",
];

function readTokens(
  provider: Provider,
  members: Members,
  { step, previous, ...clocks }: Reading,
  tolerances: Set<Tolerance>,
): TokenSet {
  const { nowMs } = clocks;
  const rules = provider.profile.answer ?? {};
  const accessToken =
    readToken(members, rules.accessToken, accessTokenNames, tolerances) ??
    extended(rules, step, previous, tolerances);
  if (accessToken === undefined) throw new ProviderError("no_access_token");
  checkTokenType(members, rules.tokenType ?? "token_type", tolerances);
  const fresh = readToken(members, rules.refreshToken, refreshTokenNames, tolerances);
  const isForClient = step === "client_credentials";
  if (fresh !== undefined && isForClient) tolerances.add("refresh_token_for_client");
  const kept = step === "refresh" ? previous?.refreshToken : undefined;
  // Absent means unchanged [RFC 6749 §6]: the most common way to lose a connection.
  if (fresh === undefined && kept !== undefined) tolerances.add("refresh_token_kept");
  const { expiresAtMs, source } = lifetimeOf(
    provider,
    { members, accessToken, ...clocks },
    tolerances,
  );
  return {
    accessToken,
    refreshToken: isForClient ? undefined : (fresh ?? kept),
    hasNewRefreshToken: !isForClient && fresh !== undefined && fresh !== kept,
    expiresAtMs,
    lifetimeSource: source,
    refreshTokenExpiresAtMs: refreshExpiry(members, rules, nowMs),
    scopes: readScopes(provider, members, tolerances),
    idToken: readToken(members, undefined, ["id_token"], tolerances),
    identity: undefined,
    captured: {},
    apiBaseUrl: undefined,
    slots: {},
  };
}

function extended(
  { refreshExtends }: AnswerRules,
  step: Step,
  previous: AnswerContext["previous"],
  tolerances: Set<Tolerance>,
): string | undefined {
  if (refreshExtends !== true || step !== "refresh" || previous === undefined) return undefined;
  tolerances.add("access_token_extended");
  return previous.accessToken;
}

const tokenCharactersMax = 64 * 1024;

/** A token has to stand in a header, and must not be able to add one. */
function readToken(
  members: Members,
  own: string | undefined,
  names: readonly string[],
  tolerances: Set<Tolerance>,
): string | undefined {
  const paths = own === undefined ? names : [own, ...names];
  const path = paths.find((one) => at(members, one) !== undefined && at(members, one) !== "");
  if (names.some((name) => members[name] === null)) tolerances.add("null_member");
  if (path === undefined) return undefined;
  if (path !== names[0]) tolerances.add("other_member_name");
  const value = at(members, path);
  const isToken =
    typeof value === "string" && value.length <= tokenCharactersMax && /^[!-~]+$/.test(value);
  if (!isToken) throw new ProviderError("unsafe_answer", { detail: `${path} is not a token` });
  return value;
}

const unusable = /^(mac|dpop|pop|n_a)$/;

/** Unknown types are names that some give to bearer tokens; the known others need a key. */
function checkTokenType(members: Members, path: string, tolerances: Set<Tolerance>): void {
  const type = textAt(members, path)?.toLowerCase();
  if (type === undefined) tolerances.add("token_type_missing");
  else if (unusable.test(type)) throw new ProviderError("token_type_unsupported", { detail: type });
  else if (type !== "bearer") tolerances.add("token_type_unknown");
}

function refreshExpiry(members: Members, rules: AnswerRules, nowMs: number): number | undefined {
  const own = rules.refreshTokenExpiresIn === undefined ? [] : [rules.refreshTokenExpiresIn];
  const value = [...own, ...refreshLifetimeNames]
    .map((path) => at(members, path))
    .find((one) => one !== undefined);
  const seconds = secondsOf(value, "seconds", new Set());
  // Zero is how some say that it never ends.
  return seconds === undefined || seconds === 0 ? undefined : nowMs + seconds * 1000;
}

function readScopes(
  { settings, profile }: Provider,
  members: Members,
  tolerances: Set<Tolerance>,
): readonly string[] | undefined {
  const value = at(members, profile.answer?.scope ?? "scope");
  if (members["scope"] === null) tolerances.add("null_member");
  if (Array.isArray(value)) {
    tolerances.add("scope_as_list");
    return value.filter((one) => typeof one === "string");
  }
  if (typeof value !== "string") return undefined;
  const hasCommas = value.includes(",") && !value.includes(" ");
  if (hasCommas) tolerances.add("scope_with_commas");
  const separator = settings.scopeSeparator === " " ? "" : settings.scopeSeparator;
  return value
    .split(separator !== "" && value.includes(separator) ? separator : /[\s,]+/)
    .filter(Boolean);
}

function readSlots(
  provider: Provider,
  named: Readonly<Record<string, string>>,
  {
    members,
    context,
    tolerances,
  }: { members: Members; context: Reading; tolerances: Set<Tolerance> },
): Record<string, TokenSet> {
  const slots: Record<string, TokenSet> = {};
  for (const [name, path] of Object.entries(named)) {
    const inner = at(members, path);
    if (!isMembers(inner) || textAt(inner, "access_token") === undefined) continue;
    const { step, nowMs } = context;
    slots[name] = readTokens(provider, inner, { step, nowMs }, tolerances);
  }
  return slots;
}

function facts(
  { profile }: Provider,
  members: Members,
  { idToken }: TokenSet,
  tolerances: Set<Tolerance>,
): Pick<TokenSet, "identity" | "captured" | "apiBaseUrl"> {
  const { capture = {}, identity, apiBase } = profile.answer ?? {};
  const captured = Object.entries(capture).flatMap(([name, path]) => {
    const value = textAt(members, path);
    return value === undefined || value.length > 1_000 ? [] : [[name, value] as const];
  });
  // Received from the provider itself over TLS, which vouches for it [OpenID Connect Core §3.1.3.7].
  const subject = idToken === undefined ? undefined : claimOf(idToken, "sub");
  const named = identity === undefined ? undefined : textAt(members, identity);
  const apiBaseUrl = apiBase && believedBase(textAt(members, apiBase.path), apiBase.hosts);
  if (apiBase && at(members, apiBase.path) !== undefined && apiBaseUrl === undefined) {
    tolerances.add("api_base_ignored");
  }
  return {
    captured: Object.fromEntries(captured),
    identity: named ?? (typeof subject === "string" ? subject : undefined),
    apiBaseUrl,
  };
}

function believedBase(text: string | undefined, hosts: readonly string[]): string | undefined {
  const url = URL.parse(text ?? "");
  if (url === null || url.protocol !== "https:" || url.username !== "") return undefined;
  return hosts.some((pattern) => isHostOf(url.hostname, pattern)) ? url.href : undefined;
}

/** `*.example.com` fits every host below, and not `example.com` itself. */
export function isHostOf(hostname: string, pattern: string): boolean {
  const name = hostname.toLowerCase();
  const wanted = pattern.toLowerCase();
  return wanted.startsWith("*.")
    ? name.endsWith(wanted.slice(1)) && name.length > wanted.length - 1
    : name === wanted;
}
