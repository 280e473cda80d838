import type { IncomingMessage } from "node:http";
import type { Caller } from "../caller.ts";

/** What is known already of a request that goes on to the framework, to be refused there. */
export interface HandedOver {
  requestId: string;
  /** Absent when that is why. */
  caller: Caller | undefined;
  error: unknown;
}

const notes = new WeakMap<IncomingMessage, HandedOver>();

export const handOver = (incoming: IncomingMessage, known: HandedOver): void =>
  void notes.set(incoming, known);

export const findHandedOver = (incoming: IncomingMessage): HandedOver | undefined =>
  notes.get(incoming);
