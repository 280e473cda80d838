import { Readable } from "node:stream";
import type { Dispatcher } from "undici";
import { describeFailure, FetchFailed, type FetchRefused, type Phase } from "./fetch-error.ts";
import { createIncomingBody, type IncomingBody } from "./incoming-body.ts";
import { withoutHopByHop } from "./outgoing-request.ts";

/** One request and its answer on a connection: whether it was sent, and what ends it. */

export type AnswerHeaders = Record<string, string | string[] | undefined>;

/** An answer whose body is still to come. */
export interface Answer {
  status: number;
  /** Names in lower case; a header that came several times is a list. Without those of the hop. */
  headers: AnswerHeaders;
  /** The bytes as they came, encoded as the headers say. Destroying it ends the request. */
  readonly body: Readable;
  /** The body's bytes, if all have come already; then nobody may ask for `body`. */
  takeWhole(): Buffer | undefined;
}

export interface SentRequest {
  url: URL;
  method?: string;
  headers: Record<string, string | string[]>;
  body?: string | Uint8Array | Readable | undefined;
  /** The longest silence within the answer's body; 0 for none. */
  idleMs: number;
}

export interface Exchange {
  /** Resolves when the answer's headers are there. */
  send(request: SentRequest): Promise<Answer>;
  /** Ends the exchange after so long a silence; each piece of the request's body starts it anew. */
  limitSilence(silenceMs: number | undefined): void;
  /** Lets go of the signals. The body, if there is one, lives on. */
  end(): void;
  /** What an error of `send` or of the body means, and whether the request had left. */
  describe(error: unknown): FetchRefused | FetchFailed;
}

/** What a request is put on. */
export type Sender = Pick<Dispatcher, "dispatch">;

/** Of the signals, those of `AbortSignal.timeout` mean a timeout, all others the caller's wish. */
export function createExchange(
  sender: Sender,
  signals: readonly (AbortSignal | undefined)[],
): Exchange {
  let phase: Phase = "before_sending";
  let timer: NodeJS.Timeout | undefined;
  let givenUp: FetchFailed | undefined;
  let abort: ((reason: FetchFailed) => void) | undefined;
  const stops = signals.map((signal) => follow(signal, giveUp));
  return { send, limitSilence, end, describe };

  function send({ body, ...request }: SentRequest): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const receiver = createReceiver({ resolve, reject, end });
    function fail(error: Error): void {
      receiver.fail(error);
      if (body instanceof Readable) body.on("error", () => {}).destroy(error);
    }
    // While it waits for a connection, nobody there can be told.
    abort = fail;
    if (givenUp !== undefined) fail(givenUp);
    else {
      sender.dispatch(toDispatch({ ...request, body }), {
        ...receiver.handler,
        onRequestStart(controller) {
          if (givenUp !== undefined) return controller.abort(givenUp);
          phase = "after_sending";
          abort = (reason) => controller.abort(reason);
        },
        onBodySent: () => void timer?.refresh(),
        onResponseError: (_, error) => fail(error),
      });
    }
    return promise;
  }

  function giveUp(reason: "timeout" | "aborted"): void {
    if (givenUp !== undefined) return;
    givenUp = new FetchFailed(reason, "after_sending");
    abort?.(givenUp);
  }

  function limitSilence(silenceMs: number | undefined): void {
    clearTimeout(timer);
    if (silenceMs !== undefined) timer = setTimeout(() => giveUp("timeout"), silenceMs);
  }

  function end(): void {
    clearTimeout(timer);
    for (const stop of stops) stop();
  }

  function describe(error: unknown): FetchRefused | FetchFailed {
    if (givenUp === undefined) return describeFailure(error, phase);
    return new FetchFailed(givenUp.reason, phase);
  }
}

const toDispatch = ({ url, method = "GET", headers, body, idleMs }: SentRequest) => ({
  path: url.pathname + url.search,
  method,
  headers,
  body: typeof body === "string" ? Buffer.from(body) : (body ?? null),
  // The deadlines are ours: those of undici do not count the connecting.
  headersTimeout: 0,
  bodyTimeout: idleMs,
});

interface Receiver {
  /** What undici calls while the answer comes in. */
  handler: Dispatcher.DispatchHandler;
  fail(error: Error): void;
}

function createReceiver({
  resolve,
  reject,
  end,
}: Pick<PromiseWithResolvers<Answer>, "resolve" | "reject"> & Pick<Exchange, "end">): Receiver {
  let received: IncomingBody | undefined;
  return {
    handler: {
      onResponseStart(controller, status, headers) {
        // Before the answer there may be others that only inform [RFC 9110 §15.2].
        if (status < 200) return;
        received = createIncomingBody(controller, end);
        resolve(toAnswer(status, headers, received));
      },
      onResponseData: (_, chunk) => received?.push(chunk),
      onResponseEnd: () => received?.end(),
    },
    fail(error) {
      if (received === undefined) reject(error);
      else received.fail(error);
    },
  };
}

const toAnswer = (status: number, headers: AnswerHeaders, received: IncomingBody): Answer => ({
  status,
  headers: withoutHopByHop(headers),
  get body() {
    return received.stream();
  },
  takeWhole: () => received.takeWhole(),
});

function follow(
  signal: AbortSignal | undefined,
  giveUp: (reason: "timeout" | "aborted") => void,
): () => void {
  if (signal === undefined) return () => {};
  const onAbort = (): void => {
    giveUp(Object(signal.reason).name === "TimeoutError" ? "timeout" : "aborted");
  };
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  return () => signal.removeEventListener("abort", onAbort);
}
