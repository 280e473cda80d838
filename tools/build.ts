import { createHash } from "node:crypto";
import { existsSync, globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Builds what `npm start` runs and serves, when its sources have changed since
 * (docs/decisions/0018-a-built-server.md). Says nothing and takes no time when there is nothing to do.
 */

interface Product {
  folder: string;
  /** What it is made from, besides the locked dependencies. */
  sources: string;
  build(root: string, folder: string): Promise<void>;
}

const products: readonly Product[] = [
  {
    folder: "server/dist",
    sources:
      "{{server,protocol,sdk,examples/corpora-api}/src/**/*.ts,tools/build/{server,seldom}.ts}",
    // Only when it is needed: loading the bundler takes longer than looking whether it is.
    build: async (root, folder) => (await import("./build/server.ts")).buildServer(root, folder),
  },
  {
    folder: "console/dist",
    sources:
      "{console/src/**/*.*,console/{index.html,vite.config.ts,package.json},protocol/src/**/*.ts,examples/{calling,receiving}/**/*.*,tools/build/console.ts}",
    build: async (root) => (await import("./build/console.ts")).buildConsole(root),
  },
];

const root = fileURLToPath(new URL("..", import.meta.url));

for (const product of products) await keepBuilt(product);

async function keepBuilt({ folder, sources, build }: Product): Promise<void> {
  const stamp = join(root, folder, "sources.sha256");
  const fingerprint = fingerprintOf(["package-lock.json", ...globSync(sources, { cwd: root })]);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === fingerprint) return;
  await build(root, join(root, folder));
  writeFileSync(stamp, fingerprint);
}

function fingerprintOf(files: string[]): string {
  const hash = createHash("sha256");
  for (const file of files.toSorted())
    hash.update(`${file}\0`).update(readFileSync(join(root, file)));
  return hash.digest("hex");
}
