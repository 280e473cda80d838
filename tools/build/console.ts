import { join } from "node:path";
import { build } from "vite";

/** The console as files for a browser. What is in its folder is replaced. */
export async function buildConsole(root: string): Promise<void> {
  await build({ configFile: join(root, "console/vite.config.ts"), logLevel: "warn" });
}
