import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Server } from "node:http";
import type { InProcessServer } from "./server.ts";

/** Node's own server object, so that a test need not wait for the real limits. */
export async function nodeServerOf({ url }: Pick<InProcessServer, "url">): Promise<Server> {
  const found = Promise.withResolvers<Server>();
  const listener = (message: unknown) => found.resolve((message as { server: Server }).server);
  subscribe("http.server.request.start", listener);
  await (await fetch(`${url}/healthz`)).text();
  unsubscribe("http.server.request.start", listener);
  return found.promise;
}
