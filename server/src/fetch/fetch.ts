import { createAddressRules, type AddressRules } from "./address.ts";
import { acceptedEncodings, checkContentType, readWhole, type WholeAnswer } from "./answer-body.ts";
import { Departure } from "./departure.ts";
import { Exchange, type Answer, type Receiver } from "./exchange.ts";
import { FetchFailed } from "./fetch-error.ts";
import { systemResolve, type Resolve } from "./guarded-lookup.ts";
import {
  checkFields,
  checkHeaders,
  checkUrl,
  type PassedRequest,
  type StreamRequest,
  type WholeRequest,
} from "./outgoing-request.ts";
import { createPools, type Pools } from "./pools.ts";
import { redirectOf } from "./redirect.ts";
import { createSilenceWatch, type SilenceWatch } from "./silence-watch.ts";

/**
 * The one way out: every request that this product makes to somebody else's server goes through
 * here. It owns where one may connect to, limits of time and size, and the meaning of errors. It
 * does not know OAuth, and it never repeats a request.
 */

export interface GuardedFetch {
  /** Throws `FetchRefused` or `FetchFailed`; any status is an answer. */
  request(request: WholeRequest): Promise<WholeAnswer>;
  /**
   * Throws `FetchRefused` or `FetchFailed` until the headers are there; later the body is destroyed
   * with the error. Never follows a redirect.
   */
  stream(request: StreamRequest): Promise<Answer>;
  /**
   * The same without a promise, for what was taken apart before: the origin is checked when a connection is
   * first made.
   */
  pass(request: PassedRequest, receiver: Receiver): void;
  /** Ends all connections at once. */
  close(): Promise<void>;
}

export interface FetchOptions {
  /** Private networks that may be reached: the setting `COUNTERSIGN_OUTBOUND_ALLOW`. */
  allow: readonly string[];
  resolve?: Resolve;
  connectMs?: number;
  headerBytesMax?: number;
}

const defaults = {
  connectMs: 10_000,
  headerBytesMax: 16 * 1024,
  totalMs: 30_000,
  bodyBytesMax: 1024 * 1024,
  headersMs: 60_000,
  idleMs: 300_000,
};

/** Costs nothing until the first request: the engine is loaded then. */
export function createFetch(options: FetchOptions): GuardedFetch {
  const rules = createAddressRules(options.allow);
  let loading: Promise<Pools> | undefined;
  let loaded: Pools | undefined;
  const exit: Exit = {
    rules,
    watch: createSilenceWatch(),
    pools() {
      loading ??= import("undici").then((undici) => {
        loaded = createPools(undici, {
          rules,
          resolve: options.resolve ?? systemResolve,
          connectMs: options.connectMs ?? defaults.connectMs,
          headerBytesMax: options.headerBytesMax ?? defaults.headerBytesMax,
        });
        return loaded;
      });
      return loaded ?? loading;
    },
  };
  return {
    request: (asked) => request(exit, asked),
    stream: (asked) => stream(exit, asked),
    pass: (asked, receiver) => passSoon(exit, asked, receiver),
    close: async () => (await loading)?.close(),
  };
}

interface Exit {
  rules: AddressRules;
  watch: SilenceWatch;
  pools(): Pools | Promise<Pools>;
}

async function request(exit: Exit, asked: WholeRequest): Promise<WholeAnswer> {
  const endsAt = AbortSignal.timeout(asked.totalMs ?? defaults.totalMs);
  let hop = asked;
  for (let redirects = 0; ; redirects += 1) {
    const answer = await requestOnce(exit, hop, endsAt);
    const next = redirectOf(hop, answer);
    if (next === undefined) return answer;
    if (redirects === asked.redirectsMax) {
      throw new FetchFailed("too_many_redirects", "after_sending");
    }
    hop = next;
  }
}

async function requestOnce(
  { rules, pools }: Exit,
  asked: WholeRequest,
  endsAt: AbortSignal,
): Promise<WholeAnswer> {
  const url = checkUrl(asked.url, rules);
  const headers = checkHeaders(asked.headers ?? {});
  delete headers["content-length"];
  headers["accept-encoding"] = acceptedEncodings;
  const { alone, shared } = await pools();
  const own = asked.isAlone === true ? alone(url, asked.certificateAuthority) : undefined;
  const sender = own ?? shared(url.origin, asked.certificateAuthority);
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const exchange = new Exchange({ onAnswer: resolve, onFailure: reject });
  exchange.follow([endsAt, asked.signal]);
  try {
    const path = url.pathname + url.search;
    exchange.send(sender, { path, method: asked.method, headers, body: asked.body });
    const answer = await promise;
    checkContentType(answer, asked.contentTypes);
    const body = await readWhole(answer, asked.bodyBytesMax ?? defaults.bodyBytesMax);
    return { status: answer.status, headers: answer.headers, body, url: url.href };
  } catch (error) {
    throw exchange.describe(error);
  } finally {
    exchange.end();
    void own?.destroy().catch(() => {});
  }
}

async function stream(exit: Exit, { url, headers, ...asked }: StreamRequest): Promise<Answer> {
  const { origin, pathname, search } = checkUrl(url, exit.rules);
  const fields = Object.entries(checkHeaders(headers ?? {})).flat();
  const pools = await exit.pools();
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const departure = new Departure();
  const request = { ...asked, origin, path: pathname + search, fields, departure };
  const exchange = new Exchange({ onAnswer: resolve, onFailure: reject });
  exchange.follow([asked.signal]);
  pass(exit, pools, request, exchange);
  return promise;
}

/** Without a wait once the engine is there. */
function passSoon(exit: Exit, asked: PassedRequest, receiver: Receiver): void {
  const exchange = new Exchange(receiver);
  const pools = exit.pools();
  if (!(pools instanceof Promise)) pass(exit, pools, asked, exchange);
  else {
    void pools.then(
      (loaded) => pass(exit, loaded, asked, exchange),
      (error: unknown) => exchange.refuse(error),
    );
  }
}

/** What is refused is told to the exchange. */
function pass({ watch }: Exit, pools: Pools, asked: PassedRequest, exchange: Exchange): void {
  const { origin, path, fields, method, body, certificateAuthority, departure } = asked;
  const { headersMs = defaults.headersMs, idleMs = defaults.idleMs } = asked;
  try {
    const headers = checkFields(fields);
    const sender = pools.shared(origin, certificateAuthority);
    exchange.limitSilence(watch, { headersMs, idleMs });
    departure.concerns(exchange);
    exchange.send(sender, { path, method, headers, body });
  } catch (error) {
    exchange.refuse(error);
  }
}
