import { spawn } from "node:child_process";
import { copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import type { Runtime } from "./runtime.ts";

/** The runtime of Cloudflare's workers. */
export const workerd: Runtime = {
  name: "workerd",
  packages: {
    "darwin-arm64": "@cloudflare/workerd-darwin-arm64",
    "darwin-x64": "@cloudflare/workerd-darwin-64",
    "linux-arm64": "@cloudflare/workerd-linux-arm64",
    "linux-x64": "@cloudflare/workerd-linux-64",
    "win32-x64": "@cloudflare/workerd-windows-64",
  },
  program: "bin/workerd",
  args: ["serve", "--control-fd=3"],
};

const program = fileURLToPath(new URL("./worker.ts", import.meta.url));

/** Makes one file of the worker and what it imports, with the conditions that Wrangler sets. */
export async function bundleWorker(folder: string): Promise<void> {
  await copyFile(program, join(folder, "worker.ts"));
  const bundle = await rolldown({
    input: join(folder, "worker.ts"),
    platform: "neutral",
    external: /^cloudflare:/,
    resolve: { conditionNames: ["workerd", "worker", "browser"] },
  });
  await bundle.write({ file: join(folder, "worker.js"), format: "esm", codeSplitting: false });
  await bundle.close();
}

/** Serves the bundled worker until the test is over. Answers its origin. */
export async function startWorker(
  t: TestContext,
  file: string,
  folder: string,
  settings: Record<string, string>,
): Promise<string> {
  const config = join(folder, "worker.capnp");
  await writeFile(config, configOf(settings));
  const stdio = ["ignore", "inherit", "ignore", "pipe"] as const;
  const child = spawn(file, [...workerd.args, config], { stdio: [...stdio] });
  t.after(() => child.kill());
  for await (const line of createInterface({ input: child.stdio[3] as Readable })) {
    const { event, port } = JSON.parse(line) as { event: string; port?: number };
    if (event === "listen") return `http://127.0.0.1:${port}`;
  }
  throw new Error("workerd did not start");
}

function configOf(settings: Record<string, string>): string {
  const bindings = Object.entries(settings).map(
    ([name, text]) => `(name = ${JSON.stringify(name)}, text = ${JSON.stringify(text)})`,
  );
  return `
    using Workerd = import "/workerd/workerd.capnp";
    const config :Workerd.Config = (
      services = [
        (name = "worker", worker = .worker),
        (name = "internet", network = (allow = ["local"])),
      ],
      sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "worker")],
    );
    const worker :Workerd.Worker = (
      modules = [(name = "worker.js", esModule = embed "worker.js")],
      bindings = [${bindings.join(", ")}],
      compatibilityDate = "2026-09-01",
    );
  `;
}
