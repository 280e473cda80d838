import { rmSync } from "node:fs";
import { makeDataFolder } from "./data-folder.ts";
import { freePort, spawnServer, type ServerProcess } from "./server.ts";

/**
 * Two processes that stand for one service: one store, one public URL, the same keys, and without
 * the hint channel, so that each learns of the other's changes from the store alone.
 */
export interface ServerPair {
  one: ServerProcess;
  two: ServerProcess;
  stop(): Promise<void>;
}

/** They are started at once: migrations, master key and bootstrap have one winner. */
export async function spawnPair(settings: Record<string, string>): Promise<ServerPair> {
  const dataDir = makeDataFolder();
  const shared = {
    ...settings,
    COUNTERSIGN_DATA_DIR: dataDir,
    COUNTERSIGN_PUBLIC_URL: `http://127.0.0.1:${await freePort()}`,
    COUNTERSIGN_STORE_HINTS: "off",
  };
  const both = [spawnServer(shared), spawnServer(shared)] as const;
  const stop = async (): Promise<void> => {
    // Also the one that runs when the other could not start.
    await Promise.allSettled(both.map(async (server) => (await server).stop()));
    rmSync(dataDir, { recursive: true, force: true });
  };
  try {
    const [one, two] = await Promise.all(both);
    return { one, two, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
