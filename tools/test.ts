/**
 * `npm test`: all tests of all products, with one Postgres for all of them.
 *
 *   npm test                            everything
 *   npm test -- server/src/keys sdk     files whose path contains one of the words
 *   npm test -- --name=rotates          tests whose name matches
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { globSync, mkdtempSync, rmSync, statfsSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { unpackChromium } from "../server/test/browser/chromium.ts";
import { type TestPostgres, startPostgres } from "../server/test/postgres.ts";
import { writeGroups } from "./test-groups.ts";
import { bundlePackages } from "./test-packages.ts";

const products = ["protocol", "server", "sdk", "examples", "console", "bench", "tools"];
/** Ends what hangs; a busy machine takes twice the usual time. */
const runMsMax = 30 * 60_000;
/** What must be free in memory before databases are kept there: many times of what they take. */
const freeBytesMin = 2 ** 31;
const flags = [
  "--test",
  // Many tests wait for a clock or for another process: more files than the two cores keep them busy.
  "--test-concurrency=4",
  "--test-timeout=120000",
  "--import=./tools/test-limit.ts",
  "--import=./tools/test-packages-hook.ts",
  "--test-reporter=spec",
  "--test-reporter-destination=stdout",
];

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
process.exitCode = await main();

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { name: { type: "string" } },
    allowPositionals: true,
  });
  const files = testFiles(positionals);
  if (files.length === 0) {
    console.error(`No test file's path contains ${positionals.join(" or ")}`);
    return 1;
  }
  const named = values.name === undefined ? [] : [`--test-name-pattern=${values.name}`];
  await bundlePackages();
  await unpackChromium();
  const server = await startPostgres();
  try {
    // Who names files wants to know about each: it has a process of its own.
    const given = positionals.length === 0 ? writeGroups(files) : files;
    return await run([...flags, ...named, ...given], server);
  } finally {
    await server.stop();
  }
}

function testFiles(words: string[]): string[] {
  const all = globSync(
    products.map((product) => `${product}/**/*.test.ts`),
    { exclude: ["**/node_modules/**"] },
  );
  return all
    .map((file) => file.replaceAll("\\", "/"))
    .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
    .toSorted();
}

async function run(args: string[], server: TestPostgres): Promise<number> {
  const folder = memoryFolder();
  const env = {
    ...cleanEnvironment(),
    ...(folder === undefined ? {} : { COUNTERSIGN_TEST_FOLDER: folder }),
    COUNTERSIGN_TEST_POSTGRES_URL: server.url(),
    // Each file is a process that reads the same thousand modules: the first compiles for all.
    NODE_COMPILE_CACHE: resolve("node_modules/.cache/compile"),
  };
  const tests = spawn(process.execPath, args, { env, stdio: "inherit", timeout: runMsMax });
  passSignalsOn(tests);
  const [code] = (await once(tests, "exit")) as [number | null];
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  return code ?? 1;
}

/** No test waits for a disk to keep what lives for seconds, where memory has room for it. */
function memoryFolder(): string | undefined {
  const mounted = "/dev/shm";
  try {
    const { bavail, bsize } = statfsSync(mounted);
    return bavail * bsize < freeBytesMin
      ? undefined
      : mkdtempSync(join(mounted, "countersign-test-"));
  } catch {
    return undefined;
  }
}

/** Without the settings of whoever runs the tests: these must not decide what a test sees. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env);
  return Object.fromEntries(
    entries.filter(([name]) => name !== "NODE_ENV" && !name.startsWith("COUNTERSIGN_")),
  );
}

/** An interrupt ends the tests, and then, in `main`, Postgres. */
function passSignalsOn(tests: ChildProcess): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => tests.kill(signal));
  }
}
