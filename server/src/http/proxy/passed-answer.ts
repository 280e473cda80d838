import type { OutgoingHttpHeader, ServerResponse } from "node:http";
import type { Readable } from "node:stream";
import type { Answer } from "../../fetch/exchange.ts";
import type { Fields } from "../../fetch/outgoing-request.ts";

/** The answer of an API on its way to the caller. */

/** Events of a stream may be far apart. */
export const idleMs = 15 * 60_000;
const usualSocketMs = 60_000;
/** Of a whole body, in bytes: copying more costs more than a second write. */
const oneWriteMax = 16 * 1024;

/**
 * The head leaves with the first of the body, and at once when that takes its time. Throws
 * nothing but what Node says of a head that cannot be sent.
 */
export function passOn(response: ServerResponse, answer: Answer, fields: Fields): void {
  response.writeHead(answer.status, fields as unknown as OutgoingHttpHeader[]);
  const whole = answer.takeWhole();
  if (whole === undefined) return pour(answer.body, response);
  // A text leaves in one piece with the head, and in this encoding its bytes are what they were.
  if (whole.length > oneWriteMax) response.end(whole);
  else response.end(whole.toString("latin1"), "latin1");
}

/** What goes with every answer, so that nothing of it may run on our origin, whatever a browser is shown. */
export const ownFieldsOf = (headers: Readonly<Record<string, string>>): string[] =>
  Object.entries({
    ...headers,
    "content-security-policy": `${headers["content-security-policy"]}; sandbox`,
    "cache-control": "no-store",
  }).flat();

/** On the caller's connection nothing may move for longer than usual. */
export const mayBeSilent = ({ socket }: ServerResponse): void => void socket?.setTimeout(idleMs);
export const mustMove = ({ socket }: ServerResponse): void =>
  void socket?.setTimeout(usualSocketMs);

/**
 * Who has gone away, on either side, ends the other; the head has been sent already. `pipeline` would
 * abort a controller of its own at each end, and make an error with a stack for it.
 */
function pour(body: Readable, response: ServerResponse): void {
  const { socket } = response;
  socket?.setTimeout(idleMs);
  if (body.readableLength === 0) response.flushHeaders();
  body.once("error", () => response.destroy());
  response.once("close", () => {
    if (!body.destroyed) body.on("error", () => undefined).destroy();
    socket?.setTimeout(usualSocketMs);
  });
  body.pipe(response);
}
