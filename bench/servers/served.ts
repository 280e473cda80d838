import { createServer, type RequestListener } from "node:http";
import { startChild, cores, type Child } from "../children.ts";
import { once } from "node:events";

/** A server under test in a process of its own, on the server's core. */
export interface Served {
  port: number;
  processId: number;
  stop(): Promise<void>;
}

/** In the parent: starts a script that calls `serve`, and waits until it listens. */
export async function startServed(script: URL, setup: { port: number }): Promise<Served> {
  const child = startChild(script, {
    core: cores.server,
    environment: { NODE_ENV: "production" },
  });
  child.process.send(setup);
  await Promise.race([once(child.process, "message"), failWhenEnded(child)]);
  return { port: setup.port, processId: child.processId, stop: child.stop };
}

export async function failWhenEnded(child: Child): Promise<never> {
  await once(child.process, "exit");
  throw new Error(`a server ended: ${child.output()}`);
}

/** In the child: makes a listener from what the parent sent, listens, and says so. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- what the parent sends
export function serve<Setup extends { port: number }>(
  make: (setup: Setup) => RequestListener | Promise<RequestListener>,
): void {
  process.on("disconnect", () => process.exit());
  process.once("message", (setup: Setup) => void listen(setup, make));
}

async function listen<Setup extends { port: number }>(
  setup: Setup,
  make: (setup: Setup) => RequestListener | Promise<RequestListener>,
): Promise<void> {
  const listener = await make(setup);
  createServer(listener).listen(setup.port, "127.0.0.1", () => process.send!({ kind: "ready" }));
}
