import { auditOf, type Actor } from "../audit/audit.ts";
import { digestOf } from "../keys/secret.ts";
import {
  type ConnectionRecord,
  type ConnectionTokens,
  type SingleUseStore,
} from "../store/store.ts";
import { newId } from "../system.ts";
import { actOn, type ConnectionContext } from "./connection.ts";
import { providerOf } from "./datasource.ts";
import { connectedWith, type HeldTokens } from "./held-tokens.ts";
import { joinedAnswer } from "./protocol/joined-answer.ts";
import { buildAuthorizationUrl, codeVerifierOf } from "./protocol/authorization-request.ts";
import { parseCallback, type Callback } from "./protocol/callback.ts";
import { callProvider } from "./protocol/provider-call.ts";
import { fixOfConnecting } from "./protocol/provider-causes.ts";
import { ProviderError } from "./protocol/provider-error.ts";
import type { ProviderRequest } from "./protocol/step-request.ts";
import { findState, stateNameOf } from "./protocol/state-parameter.ts";
import { parseTokenAnswer, type TokenAnswer } from "./protocol/token-answer.ts";
import {
  buildExchange,
  buildUpgrade,
  buildUserinfo,
  hasUpgrade,
} from "./protocol/token-request.ts";
import { readDocument, textAt } from "./protocol/answer-document.ts";
import type { Provider } from "./provider.ts";
import { redirectUrlOf } from "./redirect-url.ts";
import { insist } from "./insist.ts";

/**
 * How a person comes to allow access: sent to the provider with a state of ours, taken back only with
 * the same one, in the same browser, once [RFC 9700 §4.7]. What the flow needs is kept here, sealed, and
 * nothing of it in the state itself.
 */

export interface AuthorizationContext extends ConnectionContext {
  store: ConnectionContext["store"] & SingleUseStore;
  tenantId: string;
}

/** Whose browser it is, as far as can be told. */
export interface Browser {
  /** Its own random value, from a cookie. */
  plainValue: string;
  /** Who is signed in there, if anybody is. */
  userId: string | undefined;
}

interface Flow {
  connectionId: string;
  datasourceId: string;
  linkId: string;
  codeVerifier: string;
  browserDigest: string;
  userId: string | undefined;
}

const stateKind = "connect_state";
const accountKind = "connect_account";
const lifetimeMs = 10 * 60_000;

/** A state that is not ours, of another browser, used, or too old: all read alike. */
export class StateRefused extends Error {
  override name = "StateRefused";
}

/** Where the browser goes. Throws `ProviderError` and `StateRefused`. */
export async function beginAuthorization(
  context: AuthorizationContext,
  connection: ConnectionRecord,
  browser: Browser,
): Promise<string> {
  const { system } = context;
  const { provider } = await loadProvider(context, connection);
  const codeVerifier = codeVerifierOf(system.randomBytes(32));
  const state = system.randomBytes(32).toString("base64url");
  const redirectUri = redirectUrlOf(context);
  const url = buildAuthorizationUrl(provider, { redirectUri, state, codeVerifier });
  const flow: Flow = {
    connectionId: connection.id,
    datasourceId: connection.datasourceId,
    linkId: connection.linkId,
    codeVerifier,
    browserDigest: digestOf(browser.plainValue),
    userId: browser.userId,
  };
  await keepOnce(context, stateKind, state, flow);
  await noteConnecting(context, connection);
  return url;
}

/** The datasource as it is now: a link outlives a change of it. */
async function loadProvider(
  context: AuthorizationContext,
  { tenantId, datasourceId, enabled }: ConnectionRecord,
): Promise<{ provider: Provider }> {
  const datasource = await context.store.findDatasource(tenantId, datasourceId);
  if (datasource === undefined || !enabled) throw new StateRefused();
  const provider = providerOf(context, datasource);
  if (provider.settings.grantType !== "authorization_code") throw new StateRefused();
  return { provider };
}

async function keepOnce(
  { system, sealer, store, tenantId }: AuthorizationContext,
  kind: string,
  plain: string,
  payload: object,
): Promise<void> {
  const digest = digestOf(plain);
  const place = { tenantId, label: kind, rowId: digest };
  await store.insertSingleUse({
    tenantId,
    kind,
    digest,
    payload: sealer.seal(place, JSON.stringify(payload)),
    expiresAtMs: system.now() + lifetimeMs,
  });
}

async function takeOnce(
  { system, sealer, store, tenantId }: AuthorizationContext,
  kind: string,
  plain: string,
): Promise<unknown> {
  const digest = digestOf(plain);
  const found = await store.consumeSingleUse({ kind, digest, atMs: system.now() });
  if (found?.tenantId !== tenantId) throw new StateRefused();
  return JSON.parse(sealer.open({ tenantId, label: kind, rowId: digest }, found.payload));
}

/** Only for those who look at it: nothing depends on it. */
async function noteConnecting(
  { store, system }: AuthorizationContext,
  { tenantId, id, tokenVersion, state }: ConnectionRecord,
): Promise<void> {
  if (state !== "not_connected" && state !== "connecting") return;
  const change = { state: "connecting", sinceMs: system.now(), reason: undefined };
  await store.moveTokens({
    tenantId,
    id,
    tokenVersion,
    change,
    atMs: system.now(),
    audit: undefined,
  });
}

export type Finished =
  | { is: "connected"; connection: ConnectionRecord }
  /** Somebody connected as somebody else than before: `plainToken` is what confirms it. */
  | { is: "other_account"; connection: ConnectionRecord; account: string; plainToken: string }
  | { is: "failed"; connection: ConnectionRecord; error: ProviderError; fix: string };

/** Throws `StateRefused` for what did not begin here, in this browser, a short while ago. */
export async function finishAuthorization(
  context: AuthorizationContext,
  parameters: URLSearchParams,
  browser: Browser | undefined,
): Promise<Finished> {
  const state = findState(parameters);
  if (browser === undefined || state === undefined) throw new StateRefused();
  const flow = (await takeOnce(context, stateKind, state.value)) as Flow;
  const connection = await context.store.findConnection(context.tenantId, flow.connectionId);
  const isSame =
    flow.browserDigest === digestOf(browser.plainValue) &&
    flow.userId === browser.userId &&
    connection?.linkId === flow.linkId &&
    connection.datasourceId === flow.datasourceId;
  if (connection === undefined || !isSame) throw new StateRefused();
  const { provider } = await loadProvider(context, connection);
  if (state.name !== stateNameOf(provider)) throw new StateRefused();
  try {
    checkIssuer(provider, parameters);
    const callback = parseCallback(provider, parameters);
    const answer = await exchange(context, { provider, flow, callback, connection });
    const account = await accountOf(context, provider, answer);
    const change = changeOf(context, { connection, provider, callback, answer, account });
    if (
      account !== undefined &&
      connection.account !== undefined &&
      account !== connection.account
    ) {
      const plainToken = system32(context);
      const browserDigest = flow.browserDigest;
      const pending = { connectionId: connection.id, linkId: flow.linkId, browserDigest, change };
      await keepOnce(context, accountKind, plainToken, pending);
      return { is: "other_account", connection, account, plainToken };
    }
    return { is: "connected", connection: await store(context, connection, change, browser) };
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    await noteFailure(context, connection, error);
    return { is: "failed", connection, error, fix: fixOfConnecting(error.causeName) };
  }
}

const system32 = ({ system }: AuthorizationContext): string =>
  system.randomBytes(32).toString("base64url");

/**
 * A callback that names an issuer which has nothing to do with this datasource is an answer to
 * somebody else's question, also where no issuer was configured [RFC 9207 §2.4].
 */
function checkIssuer({ settings }: Provider, parameters: URLSearchParams): void {
  const named = parameters.get("iss");
  if (settings.issuer !== undefined || named === null) return;
  const origin = URL.parse(named)?.origin;
  const own = [settings.authorizationUrl, settings.accessTokenUrl].map(
    (url) => URL.parse(url ?? "")?.origin,
  );
  if (origin === undefined || !own.includes(origin)) throw new ProviderError("issuer_mismatch");
}

async function exchange(
  context: AuthorizationContext,
  about: {
    provider: Provider;
    flow: Flow;
    callback: Callback;
    connection: ConnectionRecord;
  },
): Promise<TokenAnswer> {
  const { system, fetch, exchanges, providerTimeoutMs: totalMs } = context;
  const { provider, flow, callback, connection } = about;
  const { code, tokenOrigin, captured } = callback;
  const given = { code, codeVerifier: flow.codeVerifier };
  const fresh = () => ({
    nowMs: system.now(),
    assertionId: system.randomUuid(),
    redirectUri: redirectUrlOf(context),
    tokenOrigin,
    captured,
  });
  const ask = (request: ProviderRequest, held: HeldTokens[] = []): Promise<TokenAnswer> =>
    exchanges.noting({ connection, provider, held }, request, async (answered) => {
      const answer = await callProvider(fetch, request, { totalMs });
      answered(answer);
      return parseTokenAnswer(provider, answer, { step: request.step, nowMs: system.now() });
    });
  const request = buildExchange(provider, given, fresh());
  const first = await ask(request);
  if (!hasUpgrade(provider, request.step)) return first;
  const second = await ask(buildUpgrade(provider, first.tokens, fresh()), [first.tokens]);
  return joinedAnswer(first, second);
}

/** Who has connected, where the provider says it; a failure to say it loses no tokens. */
async function accountOf(
  { fetch, log, providerTimeoutMs: totalMs }: AuthorizationContext,
  provider: Provider,
  { tokens }: TokenAnswer,
): Promise<string | undefined> {
  if (tokens.identity !== undefined) return tokens.identity;
  const request = buildUserinfo(provider, tokens.accessToken);
  if (request === undefined) return undefined;
  try {
    const answer = await callProvider(fetch, request, { totalMs });
    const members = answer.status === 200 ? readDocument(answer)?.members : undefined;
    return members && (textAt(members, "sub") ?? textAt(members, "id"));
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    log.info({ cause: error.causeName }, "a provider did not say who has connected");
    return undefined;
  }
}

interface Connected {
  connection: ConnectionRecord;
  provider: Provider;
  callback: Callback;
  answer: TokenAnswer;
  account: string | undefined;
}

/** Nothing of an earlier consent stays. */
function changeOf(
  { system, sealer }: AuthorizationContext,
  { connection, provider, callback, answer, account }: Connected,
): Partial<ConnectionTokens> {
  const { scopes } = provider.settings;
  const bare = {
    ...connection,
    grantedScopes: undefined,
    captured: callback.captured,
    apiBaseUrl: undefined,
    refreshTokenExpiresAtMs: undefined,
  };
  return {
    ...connectedWith(sealer, bare, answer, system.now()),
    account: account ?? connection.account,
    tokenOrigin: callback.tokenOrigin,
    requestedScopes: [...scopes],
    linkId: newId(system, "lnk_"),
  };
}

/** A consent is newer than whatever else happens to the tokens meanwhile. */
async function store(
  context: AuthorizationContext,
  connection: ConnectionRecord,
  change: Partial<ConnectionTokens>,
  browser: Browser,
): Promise<ConnectionRecord> {
  const { store, system } = context;
  const { tenantId, id, linkId } = connection;
  let now: ConnectionRecord | undefined = connection;
  while (now?.linkId === linkId) {
    const { tokenVersion } = now;
    const after: ConnectionRecord = { ...now, ...change, tokenVersion: tokenVersion + 1 };
    const audit = auditOf(system, actorOf(tenantId, browser), actOn("connected", after));
    const move = { tenantId, id, tokenVersion, change, atMs: system.now(), audit };
    if ((await insist(context, () => store.moveTokens(move))) === "written") return after;
    now = await insist(context, () => store.findConnection(tenantId, id));
  }
  throw new StateRefused();
}

const actorOf = (tenantId: string, { userId }: Browser): Actor => ({
  type: userId === undefined ? "system" : "user",
  id: userId ?? "connect_link",
  tenantId,
  requestId: "",
  sourceAddress: undefined,
});

/** What is held stays; a first try that failed says why. */
async function noteFailure(
  { store, system }: AuthorizationContext,
  { tenantId, id, state }: ConnectionRecord,
  { causeName, providerCode, providerText }: ProviderError,
): Promise<void> {
  if (state !== "connecting") return;
  const reasonDetail = [providerCode, providerText].filter(Boolean).join(": ") || undefined;
  const change = { state: "not_connected", reason: causeName, reasonDetail, sinceMs: system.now() };
  const now = await store.findConnection(tenantId, id);
  if (now?.state !== "connecting") return;
  const { tokenVersion } = now;
  await store.moveTokens({
    tenantId,
    id,
    tokenVersion,
    change,
    atMs: system.now(),
    audit: undefined,
  });
}

/** The other account is meant. Throws `StateRefused`. */
export async function confirmAccount(
  context: AuthorizationContext,
  plainToken: string,
  browser: Browser | undefined,
): Promise<ConnectionRecord> {
  if (browser === undefined) throw new StateRefused();
  const pending = (await takeOnce(context, accountKind, plainToken)) as {
    connectionId: string;
    linkId: string;
    browserDigest: string;
    change: Partial<ConnectionTokens>;
  };
  const connection = await context.store.findConnection(context.tenantId, pending.connectionId);
  const isSame =
    connection?.linkId === pending.linkId &&
    pending.browserDigest === digestOf(browser.plainValue) &&
    connection.enabled;
  if (connection === undefined || !isSame) throw new StateRefused();
  return store(context, connection, pending.change, browser);
}
