import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, testApiKey } from "../../server/test/server.ts";
import { startChild, type Child } from "../children.ts";
import { ready } from "../servers/countersign.ts";

/** Two processes of one service, which are killed and come back. */

export interface Fleet {
  apiKey: string;
  /** Of one that is there, as far as is known. */
  url(): string;
  /** When each was ended, by the clock of `performance`. */
  killedAtMs: readonly number[];
  /** Ends one in the middle of whatever it does, and starts it again. */
  killOne(): Promise<void>;
  stop(): Promise<void>;
}

export async function startFleet(settings: Record<string, string>): Promise<Fleet> {
  const dataDir = mkdtempSync(join(tmpdir(), "countersign-soak-"));
  const ports = [await freePort(), await freePort()];
  const killedAtMs: number[] = [];
  const start = async (port: number): Promise<Child> => {
    const child = startChild(new URL("../../server/src/main.ts", import.meta.url), {
      core: undefined,
      channel: "ignore",
      environment: {
        ...settings,
        NODE_ENV: "production",
        COUNTERSIGN_PORT: String(port),
        COUNTERSIGN_PUBLIC_URL: `http://127.0.0.1:${ports[0]}`,
        COUNTERSIGN_DATA_DIR: dataDir,
        COUNTERSIGN_BOOTSTRAP_API_KEY: testApiKey,
        COUNTERSIGN_LOG_LEVEL: "error",
      },
    });
    await ready(`http://127.0.0.1:${port}`, child);
    return child;
  };
  // The first one makes the keys that the other reads.
  const children = [await start(ports[0]!)];
  children.push(await start(ports[1]!));
  const isUp = [true, true];
  return {
    apiKey: testApiKey,
    killedAtMs,
    url() {
      const up = ports.filter((_, index) => isUp[index]);
      return `http://127.0.0.1:${up[Math.floor(Math.random() * up.length)] ?? ports[0]}`;
    },
    async killOne() {
      const index = Math.floor(Math.random() * ports.length);
      const child = children[index]!;
      killedAtMs.push(performance.now());
      isUp[index] = false;
      child.process.kill("SIGKILL");
      await child.stop();
      children[index] = await start(ports[index]!);
      isUp[index] = true;
    },
    async stop() {
      await Promise.all(children.map((child) => child.stop()));
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
