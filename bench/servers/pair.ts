import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, testApiKey } from "../../server/test/server.ts";
import { startChild, type Child } from "../children.ts";
import { ready } from "./countersign.ts";
import type { Served } from "./served.ts";

/** Two processes that stand for one service: one store, one public URL, the same keys. */
export interface Pair {
  one: Member;
  two: Member;
  stop(): Promise<void>;
}

export interface Member extends Served {
  url: string;
  apiKey: string;
}

/** As an operator starts them in production, with the settings of a store. */
export async function startPair(settings: Record<string, string>): Promise<Pair> {
  const dataDir = mkdtempSync(join(tmpdir(), "countersign-bench-"));
  const [portOne, portTwo] = [await freePort(), await freePort()];
  const shared = {
    ...settings,
    NODE_ENV: "production",
    COUNTERSIGN_DATA_DIR: dataDir,
    COUNTERSIGN_PUBLIC_URL: `http://127.0.0.1:${portOne}`,
    COUNTERSIGN_BOOTSTRAP_API_KEY: testApiKey,
  };
  const [one, two] = await Promise.all([
    startMember(portOne, shared),
    startMember(portTwo, shared),
  ]);
  return {
    one,
    two,
    async stop() {
      await Promise.all([one.stop(), two.stop()]);
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** On any core: they are to be fair to each other, and no rate is measured. */
async function startMember(port: number, shared: Record<string, string>): Promise<Member> {
  const url = `http://127.0.0.1:${port}`;
  const child: Child = startChild(new URL("../../server/src/main.ts", import.meta.url), {
    core: undefined,
    channel: "ignore",
    environment: { ...shared, COUNTERSIGN_PORT: String(port) },
  });
  await ready(url, child);
  return { url, apiKey: testApiKey, port, processId: child.processId, stop: child.stop };
}
