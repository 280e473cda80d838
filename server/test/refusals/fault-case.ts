import assert from "node:assert/strict";
import type { WriteName } from "../../src/store/compose.ts";
import { call, type Answer } from "../calls.ts";
import type { TestServer } from "../server.ts";

/** A request that needs a write, and what it is about: the words for `fault-cases.ts`. */

export interface ReadCase {
  act: string;
  /** Makes what the request is about, and answers the request. */
  prepare(server: TestServer, own: string): Promise<() => Promise<Answer>>;
}

export interface FaultCase extends ReadCase {
  write: WriteName;
  /** Where it shows that the request was granted. */
  table: string;
}

export type Prepare = ReadCase["prepare"];

export function fault(write: WriteName, table: string, act: string, prepare: Prepare): FaultCase {
  return { write, table, act, prepare };
}

/** One call of the admin API, about something that `make` has made. */
export function asking(
  method: string,
  path: string | ((made: Record<string, unknown>) => string),
  body?: object | ((own: string) => object),
  make?: (server: TestServer, own: string) => Promise<Record<string, unknown>>,
): Prepare {
  return async (server, own) => {
    const made = (await make?.(server, own)) ?? {};
    const at = typeof path === "string" ? path : path(made);
    const sent = typeof body === "function" ? body(own) : body;
    return () => call(server, method, at, sent === undefined ? {} : { body: sent });
  };
}

export const making =
  (path: string, body: (own: string) => object) =>
  async (server: TestServer, own: string): Promise<Record<string, unknown>> => {
    const made = await call(server, "POST", path, { body: body(own) });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    return made.body;
  };

export const idOf = (path: string) => (made: Record<string, unknown>) =>
  `${path}/${encodeURIComponent(String(made["id"]))}`;
