import { createAddressRules, type AddressRules } from "./address.ts";
import { acceptedEncodings, checkContentType, readWhole, type WholeAnswer } from "./answer-body.ts";
import { createExchange, type Answer } from "./exchange.ts";
import { FetchFailed } from "./fetch-error.ts";
import { systemResolve, type Resolve } from "./guarded-lookup.ts";
import {
  checkHeaders,
  checkUrl,
  type StreamRequest,
  type WholeRequest,
} from "./outgoing-request.ts";
import { createPools, type Pools } from "./pools.ts";
import { redirectOf } from "./redirect.ts";

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
  const exit: Exit = {
    rules,
    pools() {
      loading ??= import("undici").then((undici) =>
        createPools(undici, {
          rules,
          resolve: options.resolve ?? systemResolve,
          connectMs: options.connectMs ?? defaults.connectMs,
          headerBytesMax: options.headerBytesMax ?? defaults.headerBytesMax,
        }),
      );
      return loading;
    },
  };
  return {
    request: (asked) => request(exit, asked),
    stream: (asked) => stream(exit, asked),
    close: async () => (await loading)?.close(),
  };
}

interface Exit {
  rules: AddressRules;
  pools(): Promise<Pools>;
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
  const sender = own ?? shared(url, asked.certificateAuthority);
  const exchange = createExchange(sender, [endsAt, asked.signal]);
  try {
    const answer = await exchange.send({ ...asked, url, headers, idleMs: 0 });
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

async function stream({ rules, pools }: Exit, asked: StreamRequest): Promise<Answer> {
  const url = checkUrl(asked.url, rules);
  const headers = checkHeaders(asked.headers ?? {});
  const { shared } = await pools();
  const exchange = createExchange(shared(url, asked.certificateAuthority), [asked.signal]);
  exchange.limitSilence(asked.headersMs ?? defaults.headersMs);
  try {
    const idleMs = asked.idleMs ?? defaults.idleMs;
    const answer = await exchange.send({ ...asked, url, headers, idleMs });
    exchange.limitSilence(undefined);
    return answer;
  } catch (error) {
    exchange.end();
    throw exchange.describe(error);
  }
}
