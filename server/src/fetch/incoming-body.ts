import { Readable } from "node:stream";

/**
 * The body of an answer. What has come by the time the head is handed over waits here; a stream is made
 * only for those who want one, as a small body has often come whole with its head.
 */

export interface IncomingBody {
  push(chunk: Buffer): void;
  end(): void;
  fail(error: Error): void;
  /** All of it, once, if it has come whole and nobody has asked for the stream. */
  takeWhole(): Buffer | undefined;
  /** Destroying it ends the request. */
  stream(): Readable;
}

/** Where a body comes from, and how it is held up. */
export interface BodySource {
  pause(): void;
  resume(): void;
  abort(reason: Error): void;
}

const waitingBytesMax = 64 * 1024;

/** `onClose`: there will be no more of it, or nobody wants more. */
export function createIncomingBody(source: BodySource, onClose: () => void): IncomingBody {
  const waiting: Buffer[] = [];
  let waitingBytes = 0;
  let isComplete = false;
  let failure: Error | undefined;
  let stream: Readable | undefined;

  function makeStream(): Readable {
    const made = new Readable({
      highWaterMark: waitingBytesMax,
      read: () => source.resume(),
      destroy(error, destroyed) {
        if (!isComplete) source.abort(error ?? new Error("nobody reads the answer any more"));
        onClose();
        destroyed(error);
      },
    });
    for (const chunk of waiting.splice(0)) made.push(chunk);
    if (failure !== undefined) made.destroy(failure);
    else if (isComplete) made.push(null);
    return made;
  }

  return {
    push(chunk) {
      if (stream !== undefined) {
        if (!stream.push(chunk)) source.pause();
        return;
      }
      waiting.push(chunk);
      waitingBytes += chunk.length;
      if (waitingBytes >= waitingBytesMax) source.pause();
    },
    end() {
      isComplete = true;
      stream?.push(null);
    },
    fail(error) {
      failure = error;
      stream?.destroy(error);
    },
    takeWhole() {
      if (!isComplete || stream !== undefined) return undefined;
      onClose();
      return waiting.length === 1 ? waiting[0] : Buffer.concat(waiting);
    },
    stream: () => (stream ??= makeStream()),
  };
}
