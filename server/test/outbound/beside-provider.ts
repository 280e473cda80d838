import { after, before } from "node:test";
import { spawnPair, type ServerPair } from "../pair.ts";
import { startServer, type InProcessServer } from "../server.ts";
import { createOutsideProvider, loopback, type OutsideProvider } from "./provider.ts";

/**
 * How tests about outside APIs open: an outside provider, and whoever may call it. Both run from before
 * the first test of the `describe` until after its last, and neither is left running when one of them
 * could not start.
 */

type Settings = () => Promise<Record<string, string>>;

const none: Settings = () => Promise.resolve({});

/** A server in this process, on the store of these settings, with its `own` ones besides. */
export function besideProvider(
  settings: Settings = none,
  own: Record<string, string> = {},
): { server: InProcessServer; provider: OutsideProvider } {
  const { running, provider } = startBesideProvider(async () =>
    startServer({ ...(await settings()), ...loopback, ...own }),
  );
  return { server: running, provider };
}

/** The same with two processes. */
export function pairBesideProvider(
  settings: Settings,
  own: Record<string, string> = {},
): { pair: ServerPair; provider: OutsideProvider } {
  const { running, provider } = startBesideProvider(async () =>
    spawnPair({ ...(await settings()), ...loopback, ...own }),
  );
  return { pair: running, provider };
}

/** What is handed out has its members once it runs, so that a `describe` can name its parts at once. */
export function startBesideProvider<Running extends { stop(): Promise<void> }>(
  start: () => Promise<Running>,
): { running: Running; provider: OutsideProvider } {
  const provider = createOutsideProvider();
  const running = {} as Running;
  before(async () => {
    await provider.listen();
    Object.assign(running, await start());
  });
  after(async () => {
    try {
      if ("stop" in running) await running.stop();
    } finally {
      await provider.stop();
    }
  });
  return { running, provider };
}
