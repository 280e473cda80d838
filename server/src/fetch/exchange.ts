import type { Readable } from "node:stream";
import type { Dispatcher } from "undici";
import { describeFailure, FetchFailed, type FetchRefused, type Phase } from "./fetch-error.ts";
import { withoutHopByHop } from "./outgoing-request.ts";

/** One request and its answer on a connection: whether it was sent, and what ends it. */

export type AnswerHeaders = Record<string, string | string[] | undefined>;

/** An answer whose body is still to come. */
export interface Answer {
  status: number;
  /** Names in lower case; a header that came several times is a list. Without those of the hop. */
  headers: AnswerHeaders;
  /** The bytes as they came, encoded as the headers say. Destroying it ends the request. */
  body: Readable;
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

type SentHandler = Dispatcher.DispatchHandler & { onBodySent?: () => void };

/** Of the signals, those of `AbortSignal.timeout` mean a timeout, all others the caller's wish. */
export function createExchange(
  dispatcher: Dispatcher,
  signals: readonly (AbortSignal | undefined)[],
): Exchange {
  const controller = new AbortController();
  let phase: Phase = "before_sending";
  let timer: NodeJS.Timeout | undefined;
  const stops = signals.map((signal) => follow(signal, giveUp));
  /** undici calls these on the handler of one request, which nobody else has. */
  const marking = {
    dispatch(options: Dispatcher.DispatchOptions, handler: SentHandler): boolean {
      const start = handler.onRequestStart?.bind(handler);
      handler.onRequestStart = (...about) => {
        phase = "after_sending";
        start?.(...about);
      };
      handler.onBodySent = () => void timer?.refresh();
      return dispatcher.dispatch(options, handler);
    },
  } as Dispatcher;
  return { send, limitSilence, end, describe };

  async function send({ url, method = "GET", headers, body, idleMs }: SentRequest) {
    controller.signal.throwIfAborted();
    const answer = await dispatcher.request.call(marking, {
      path: url.pathname + url.search,
      method,
      headers,
      body: typeof body === "string" ? Buffer.from(body) : (body ?? null),
      signal: controller.signal,
      // The deadlines are ours: those of undici do not count the connecting.
      headersTimeout: 0,
      bodyTimeout: idleMs,
    });
    return {
      status: answer.statusCode,
      headers: withoutHopByHop(answer.headers),
      body: answer.body as Readable,
    };
  }

  function giveUp(reason: "timeout" | "aborted"): void {
    controller.abort(new FetchFailed(reason, "after_sending"));
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
    const { aborted, reason } = controller.signal;
    if (!aborted) return describeFailure(error, phase);
    return new FetchFailed((reason as FetchFailed).reason, phase);
  }
}

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
