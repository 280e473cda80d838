import { Readable } from "node:stream";
import type { Dispatcher } from "undici";
import { describeFailure, FetchFailed, type FetchRefused, type Phase } from "./fetch-error.ts";
import { createIncomingBody, type IncomingBody } from "./incoming-body.ts";
import { keptFields, withoutHopByHop, type Fields } from "./outgoing-request.ts";
import { looksIn, type SilenceWatch, type Watched } from "./silence-watch.ts";

/** One request and its answer on a connection: whether it was sent, and what ends it. */

export type AnswerHeaders = Record<string, string | string[] | undefined>;

/** An answer whose body is still to come. */
export interface Answer {
  status: number;
  /** Names in lower case; a header that came several times is a list. Without those of the hop. */
  readonly headers: AnswerHeaders;
  /** The same as names and values in turn. */
  fields(): Fields;
  /** The bytes as they came, encoded as the headers say. Destroying it ends the request. */
  readonly body: Readable;
  /** The body's bytes, if all have come already; then nobody may ask for `body`. */
  takeWhole(): Buffer | undefined;
}

export interface SentRequest {
  /** With its query. */
  path: string;
  method?: string | undefined;
  headers: Record<string, string | string[]> | Fields;
  body?: string | Uint8Array | Readable | undefined;
}

/** What a request is put on. */
export type Sender = Pick<Dispatcher, "dispatch">;

/** How long it may be silent, in milliseconds; 0 for as long as it likes. */
export interface Patience {
  /** Until the answer's headers are there; each piece of the request's body starts it anew. */
  headersMs: number;
  /** Within the answer's body, while somebody reads. */
  idleMs: number;
  /** Called once when there are no headers after a while. */
  onSlow?: (() => void) | undefined;
}

const slowMs = 1_000;

/**
 * What undici calls while the answer comes in. A class, unlike most of what is here: there is one for each
 * request that passes, and a function of its own for each event would cost more than what it does.
 */
export class Exchange implements Dispatcher.DispatchHandler, Watched {
  #phase: Phase = "before_sending";
  #givenUp: FetchFailed | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #sent: SentRequest["body"];
  #received: IncomingBody | undefined;
  #answered = Promise.withResolvers<Answer>();
  #watch: SilenceWatch | undefined;
  #patience: Patience | undefined;
  #looks = 0;
  #looksMax = 0;
  #stopFollowing: (() => void) | undefined;

  /** From now on somebody looks whether it is silent for too long. */
  limitSilence(watch: SilenceWatch, patience: Patience): void {
    this.#watch = watch;
    this.#patience = patience;
    this.#looksMax = looksIn(patience.headersMs);
    watch.add(this);
  }

  /** Of the signals, those of `AbortSignal.timeout` mean a timeout, all others the caller's wish. */
  follow(signals: readonly (AbortSignal | undefined)[]): void {
    const stops = signals.map((signal) => follow(signal, (reason) => this.giveUp(reason)));
    this.#stopFollowing = () => stops.forEach((stop) => stop());
  }

  /** Resolves when the answer's headers are there. */
  send(sender: Sender, { path, method = "GET", headers, body }: SentRequest): Promise<Answer> {
    this.#sent = body;
    if (this.#givenUp !== undefined) this.#fail(this.#givenUp);
    else {
      sender.dispatch(
        {
          path,
          method,
          headers: headers as Dispatcher.DispatchOptions["headers"] & object,
          body: typeof body === "string" ? Buffer.from(body) : (body ?? null),
          // The deadlines are ours: those of undici do not count the connecting, and each costs a timer.
          headersTimeout: 0,
          bodyTimeout: 0,
        },
        this,
      );
    }
    return this.#answered.promise;
  }

  giveUp(reason: "timeout" | "aborted"): void {
    if (this.#givenUp !== undefined) return;
    const failure = new FetchFailed(reason, "after_sending");
    this.#givenUp = failure;
    // While it waits for a connection, nobody there can be told.
    if (this.#controller === undefined) this.#fail(failure);
    else this.#controller.abort(failure);
  }

  /** Lets go of the signals. The body, if there is one, lives on. */
  end(): void {
    this.#watch?.delete(this);
    this.#stopFollowing?.();
  }

  /** What an error of `send` or of the body means, and whether the request had left. */
  describe(error: unknown): FetchRefused | FetchFailed {
    if (this.#givenUp === undefined) return describeFailure(error, this.#phase);
    return new FetchFailed(this.#givenUp.reason, this.#phase);
  }

  onLook(): void {
    this.#looks += 1;
    if (this.#received === undefined && this.#looks === looksIn(slowMs)) this.#patience?.onSlow?.();
    // Who is held up by us is not silent.
    if (this.#controller?.paused === true) this.#looks = 0;
    if (this.#looksMax > 0 && this.#looks > this.#looksMax) this.giveUp("timeout");
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#givenUp !== undefined) return controller.abort(this.#givenUp);
    this.#phase = "after_sending";
    this.#controller = controller;
  }

  onBodySent(): void {
    this.#looks = 0;
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: AnswerHeaders,
  ): void {
    // Before the answer there may be others that only inform [RFC 9110 §15.2].
    if (status < 200) return;
    this.#looks = 0;
    this.#looksMax = looksIn(this.#patience?.idleMs ?? 0);
    this.#received = createIncomingBody(controller, () => this.end());
    this.#answered.resolve(new ReceivedAnswer(status, headers, this.#received));
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#looks = 0;
    this.#received?.push(chunk);
  }

  onResponseEnd(): void {
    this.#watch?.delete(this);
    this.#received?.end();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#fail(error);
  }

  #fail(error: Error): void {
    this.#watch?.delete(this);
    if (this.#received === undefined) this.#answered.reject(error);
    else this.#received.fail(error);
    if (this.#sent instanceof Readable) this.#sent.on("error", () => {}).destroy(error);
  }
}

class ReceivedAnswer implements Answer {
  status: number;
  #came: AnswerHeaders;
  #received: IncomingBody;

  constructor(status: number, came: AnswerHeaders, received: IncomingBody) {
    this.status = status;
    this.#came = came;
    this.#received = received;
  }

  get headers(): AnswerHeaders {
    return withoutHopByHop(this.#came);
  }

  fields(): Fields {
    return keptFields(this.#came);
  }

  get body(): Readable {
    return this.#received.stream();
  }

  takeWhole(): Buffer | undefined {
    return this.#received.takeWhole();
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
