import { Readable } from "node:stream";
import type { Dispatcher } from "undici";
import { describeFailure, FetchFailed, type FetchRefused, type Phase } from "./fetch-error.ts";
import { createIncomingBody, type IncomingBody } from "./incoming-body.ts";
import { keptFields, withoutHopByHop, type Field, type Fields } from "./outgoing-request.ts";
import { looksIn, type SilenceWatch, type Watched } from "./silence-watch.ts";

/** One request and its answer on a connection: whether it was sent, and what ends it. */

export type AnswerHeaders = Record<string, string | string[] | undefined>;

/** An answer whose body is still to come. */
export interface Answer {
  status: number;
  /** Names in lower case; a header that came several times is a list. Without those of the hop. */
  readonly headers: AnswerHeaders;
  /** The same as names and values in turn, made for whoever asks. */
  fields(): Field[];
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
}

/** Whoever waits for an answer. It throws nothing. */
export interface Receiver {
  /** The headers are there, and of the body what came together with them. */
  onAnswer(answer: Answer): void;
  onFailure(error: FetchRefused | FetchFailed): void;
  /** There are no headers yet after a while; it may be said more than once. */
  onSlow?(): void;
}

const slowMs = 1_000;
const nothing = Buffer.alloc(0);

/**
 * What undici calls while the answer comes in, and the answer as well. A class, unlike most of what is
 * here: one is made for each request that passes, and what is made for each is what passing costs.
 */
export class Exchange implements Dispatcher.DispatchHandler, Watched, Answer {
  status = 0;
  #receiver: Receiver;
  #phase: Phase = "before_sending";
  #givenUp: FetchFailed | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #sent: SentRequest["body"];
  #came: AnswerHeaders | undefined;
  /** The body, while it is no more than this. */
  #chunk: Buffer | undefined;
  #received: IncomingBody | undefined;
  #isComplete = false;
  #isHandedOver = false;
  #watch: SilenceWatch | undefined;
  #place = 0;
  #idleMs = 0;
  #looks = 0;
  #looksMax = 0;
  #stopFollowing: (() => void) | undefined;

  constructor(receiver: Receiver) {
    this.#receiver = receiver;
  }

  /** From now on somebody looks whether it is silent for too long. */
  limitSilence(watch: SilenceWatch, { headersMs, idleMs }: Patience): void {
    this.#watch = watch;
    this.#looksMax = looksIn(headersMs);
    this.#idleMs = idleMs;
    this.#place = watch.add(this);
  }

  /** Of the signals, those of `AbortSignal.timeout` mean a timeout, all others the caller's wish. */
  follow(signals: readonly (AbortSignal | undefined)[]): void {
    const stops = signals.map((signal) => follow(signal, (reason) => this.giveUp(reason)));
    this.#stopFollowing = () => stops.forEach((stop) => stop());
  }

  send(sender: Sender, { path, method = "GET", headers, body }: SentRequest): void {
    this.#sent = body;
    if (this.#givenUp !== undefined) return this.#fail(this.#givenUp);
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

  /** It cannot be sent. */
  refuse(error: unknown): void {
    this.#fail(error as Error);
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
    this.#leaveWatch();
    this.#stopFollowing?.();
  }

  /** What an error of the exchange or of the body means, and whether the request had left. */
  describe(error: unknown): FetchRefused | FetchFailed {
    if (this.#givenUp === undefined) return describeFailure(error, this.#phase);
    return new FetchFailed(this.#givenUp.reason, this.#phase);
  }

  get headers(): AnswerHeaders {
    return withoutHopByHop(this.#came ?? {});
  }

  fields(): Field[] {
    return keptFields(this.#came ?? {});
  }

  get body(): Readable {
    return this.#incoming().stream();
  }

  takeWhole(): Buffer | undefined {
    if (this.#received !== undefined) return this.#received.takeWhole();
    if (!this.#isComplete) return undefined;
    this.end();
    return this.#chunk ?? nothing;
  }

  onLook(): void {
    this.#looks += 1;
    if (this.#came === undefined && this.#looks === looksIn(slowMs)) this.#receiver.onSlow?.();
    // Who is held up by us is not silent.
    if (this.#controller?.paused === true) this.#looks = 0;
    if (this.#looksMax > 0 && this.#looks > this.#looksMax) this.giveUp("timeout");
  }

  /** When the headers came alone, or with a part of the body. */
  handOver(): void {
    if (this.#isHandedOver) return;
    this.#isHandedOver = true;
    this.#receiver.onAnswer(this);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#givenUp !== undefined) return controller.abort(this.#givenUp);
    this.#phase = "after_sending";
    this.#controller = controller;
  }

  onBodySent(): void {
    this.#looks = 0;
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, came: AnswerHeaders): void {
    // Before the answer there may be others that only inform [RFC 9110 §15.2].
    if (status < 200) return;
    this.status = status;
    this.#came = came;
    this.#looks = 0;
    this.#looksMax = looksIn(this.#idleMs);
    handOverSoon(this);
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#looks = 0;
    if (this.#received === undefined && this.#chunk === undefined) this.#chunk = chunk;
    else this.#incoming().push(chunk);
  }

  onResponseEnd(): void {
    this.#leaveWatch();
    this.#isComplete = true;
    this.#received?.end();
    this.handOver();
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#fail(error);
  }

  #leaveWatch(): void {
    this.#watch?.leave(this.#place);
    this.#watch = undefined;
  }

  #incoming(): IncomingBody {
    if (this.#received === undefined) {
      this.#received = createIncomingBody(this.#controller!, () => this.end());
      if (this.#chunk !== undefined) this.#received.push(this.#chunk);
      if (this.#isComplete) this.#received.end();
    }
    return this.#received;
  }

  #fail(error: Error): void {
    this.#leaveWatch();
    if (this.#sent instanceof Readable) this.#sent.on("error", () => {}).destroy(error);
    if (this.#came !== undefined) return this.#incoming().fail(error);
    this.end();
    if (this.#isHandedOver) return;
    this.#isHandedOver = true;
    this.#receiver.onFailure(this.describe(error));
  }
}

const soon: Exchange[] = [];
const now = Promise.resolve();

/** At the end of what is read at once: by then a small body has come too. */
function handOverSoon(exchange: Exchange): void {
  if (soon.push(exchange) === 1) void now.then(handOverAll);
}

function handOverAll(): void {
  for (const exchange of soon.splice(0)) exchange.handOver();
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
