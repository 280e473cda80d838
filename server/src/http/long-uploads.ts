import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

/**
 * Requests whose bodies pass through. Node gives every request the same time to arrive, which is right for
 * a form and too short for a film: these may take as long as something of them comes.
 */

const byConnection = new WeakMap<Duplex, IncomingMessage>();

/** For a caller who may do so: whoever has not said who they are has to hurry. */
export const takesItsTime = (request: IncomingMessage): void =>
  void byConnection.set(request.socket, request);

/** Whether what is arriving on this connection is such a body. */
export function isLongUpload(connection: Duplex): boolean {
  const request = byConnection.get(connection);
  return request !== undefined && !request.complete && !request.destroyed;
}
