import { sharedWork } from "#shared-work";
import type { FindApiKey, IntrospectedKey } from "./api-key.ts";
import { basicCredentials, type ClientIdentity } from "./client-authentication.ts";
import { UnexpectedResponseError } from "./errors.ts";
import { loadEndpoint } from "./issuer-metadata.ts";
import { type Fetch, loadJson } from "./json-document.ts";
import { KnownKeys } from "./known-keys.ts";
import { checkIssuer } from "./secure-url.ts";
import { steadyClock } from "./steady-clock.ts";
import type { JsonObject } from "./strict-json.ts";

export interface IntrospectApiKeysOptions extends ClientIdentity {
  /** Who gave out the keys. The app client must hold `tokens:introspect` there. */
  issuer: string;
  /** How long a good key counts without being asked about again: 10 by default, and at most. */
  cacheSeconds?: number | undefined;
  /** How many keys are remembered: 10,000 by default. */
  cacheSize?: number | undefined;
  fetch?: Fetch | undefined;
  /** Milliseconds since the epoch. */
  now?: (() => number) | undefined;
}

/** The time of a key that expires [RFC 7662 §2.2]; the issuer's clock says when it has passed. */
type IntrospectionAnswer = IntrospectedKey & { exp?: number };

const timeoutMs = 5_000;
const bodyBytesMax = 262_144;
const cacheSecondsMax = 10;
const cacheSizeDefault = 10_000;
/** No issuer of ours gives out longer ones. */
const keyCharactersMax = 1_000;

/**
 * Asks the issuer what an API key is worth [RFC 7662 §2.1], for `findApiKey` of a verifier. Good keys
 * are remembered for some seconds; what was refused is asked about each time. However many wait for
 * one key, the issuer is asked once. Throws `TypeError` when an option is not usable.
 */
export function introspectApiKeys(options: IntrospectApiKeysOptions): FindApiKey {
  checkOptions(options);
  const now = options.now ?? (() => Date.now());
  const steadyNow = steadyClock(now);
  const cacheMs = (options.cacheSeconds ?? cacheSecondsMax) * 1000;
  const known = new KnownKeys(options.cacheSize ?? cacheSizeDefault);
  const ask = asker(options);
  const asked = new Map<string, Promise<IntrospectionAnswer | undefined>>();

  async function askOnce(plainKey: string): Promise<IntrospectionAnswer | undefined> {
    const askedAtMs = steadyNow();
    const asking = sharedWork(ask(plainKey).finally(() => asked.delete(plainKey)));
    asked.set(plainKey, asking);
    const key = await asking;
    known.forgetOld(steadyNow());
    known.delete(plainKey);
    if (key !== undefined) {
      const { exp = Infinity } = key;
      const restMs = exp * 1000 - now();
      known.add(plainKey, { key, untilMs: Math.min(askedAtMs + cacheMs, steadyNow() + restMs) });
    }
    return key;
  }

  const findRemembered = (plainKey: string) => known.find(plainKey, steadyNow());

  function findApiKey(plainKey: string) {
    if (plainKey.length > keyCharactersMax) return undefined;
    return findRemembered(plainKey) ?? asked.get(plainKey) ?? askOnce(plainKey);
  }
  return Object.assign(findApiKey, { findRemembered });
}

function asker(options: IntrospectApiKeysOptions) {
  const { issuer } = options;
  const fetchNow: Fetch = options.fetch ?? ((url, init) => fetch(url, init));
  const headers = {
    accept: "application/json",
    authorization: basicCredentials(options),
    "content-type": "application/x-www-form-urlencoded",
  };
  let endpoint: string | undefined;

  return async (plainKey: string): Promise<IntrospectionAnswer | undefined> => {
    const request = { fetch: fetchNow, timeoutMs };
    endpoint ??= await loadEndpoint(issuer, "introspection_endpoint", request);
    const body = new URLSearchParams({ token: plainKey }).toString();
    const init = { method: "POST", headers, body };
    const answer = await loadJson({ ...request, url: endpoint, init, bodyBytesMax });
    return parseKey(answer.body);
  };
}

const requiredTexts = ["sub", "client_id", "tenant", "cred"] as const;

/** An access token that was sent as an API key is none, however active it is. */
function parseKey(body: JsonObject): IntrospectionAnswer | undefined {
  if (body["active"] !== true || body["token_type"] !== "api_key") return undefined;
  const { scope, exp, authorization_details: details } = body;
  const isWellFormed =
    requiredTexts.every((name) => typeof body[name] === "string" && body[name] !== "") &&
    (scope === undefined || typeof scope === "string") &&
    (exp === undefined || typeof exp === "number") &&
    (details === undefined || Array.isArray(details));
  if (isWellFormed) return body as unknown as IntrospectionAnswer;
  const message = "the introspection endpoint answered something else than an API key";
  throw new UnexpectedResponseError("malformed", message, { status: 200 });
}

function checkOptions(options: IntrospectApiKeysOptions): void {
  const { issuer, clientId, clientSecret, cacheSeconds = 0, cacheSize = 0 } = options;
  checkIssuer(issuer);
  if (typeof clientId !== "string" || clientId === "") throw new TypeError('"clientId" is missing');
  if (typeof clientSecret !== "string" || clientSecret === "") {
    throw new TypeError('"clientSecret" is missing');
  }
  if (!(cacheSeconds >= 0 && cacheSeconds <= cacheSecondsMax)) {
    throw new TypeError(`"cacheSeconds" must be a number from 0 to ${cacheSecondsMax}`);
  }
  if (!(cacheSize >= 0 && cacheSize <= 1_000_000)) {
    throw new TypeError('"cacheSize" must be a number from 0 to 1000000');
  }
}
