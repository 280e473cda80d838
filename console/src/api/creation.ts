import { useRef } from "react";
import { request } from "./request.ts";

/**
 * Creates what a form describes. Sent once more as it is, after an answer that was lost, it goes under the
 * same key: what was made the first time is answered then, and nothing is made twice.
 */
export function useCreation<Made>(path: string): (body: object) => Promise<Made> {
  const last = useRef<{ sent: string; key: string }>(undefined);
  return async (body) => {
    const sent = `${path} ${JSON.stringify(body)}`;
    if (last.current?.sent !== sent) last.current = { sent, key: newIdempotencyKey() };
    const made = await request<Made>("POST", path, { body, idempotencyKey: last.current.key });
    last.current = undefined;
    return made;
  };
}

/** A key of its own for every document; random bits are there without TLS too. */
export const newIdempotencyKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
