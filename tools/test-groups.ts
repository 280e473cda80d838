import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";

/**
 * Test files that do not notice each other run a few to a process: each process reads a thousand
 * modules and compiles them for itself, which takes longer than what many a file tests
 * (docs/decisions/0005-tests.md).
 */

const folder = fileURLToPath(new URL("../node_modules/.cache/test-groups/", import.meta.url));

/** So few that a group is over long before the limit of a process, also on a busy machine. */
const filesPerGroup = 6;

/** One file per group for the runner, which takes files in the order of their names. */
export function writeGroups(files: readonly string[]): string[] {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return planGroups(files, (file) => readFileSync(file, "utf8")).map(writeGroup);
}

/** The files of a group, for whoever has to name them; nothing for any other file. */
export function filesOfGroup(path: string): string[] {
  if (!path.startsWith(folder)) return [];
  const imports = readFileSync(path, "utf8").matchAll(/import\("(.*)"\)/g);
  return [...imports].map(([, url]) => fileURLToPath(url!));
}

/**
 * What takes longest comes first, so that no core waits for it at the end: what waits and what draws
 * pages in turn, so that neither are the cores idle nor do too many browsers share them.
 */
export function planGroups(
  files: readonly string[],
  textOf: (file: string) => string,
): (readonly string[])[] {
  const drawing: string[] = [];
  const waiting: string[] = [];
  const reaching: string[] = [];
  const others: string[] = [];
  for (const file of files) {
    const text = textOf(file);
    if (startsBrowser.test(text)) drawing.push(file);
    else if (longOnes.has(file) || startsProcesses.test(text)) waiting.push(file);
    else if (reach.some((pattern) => pattern.test(text))) reaching.push(file);
    else others.push(file);
  }
  const long = inTurn(waiting, drawing);
  return [...long.map(alone), ...deal(others), ...reaching.map(alone)];
}

/** One of each, and then what the longer list has left. */
function inTurn<Item>(ones: readonly Item[], others: readonly Item[]): Item[] {
  const longer = ones.length > others.length ? ones : others;
  return longer.flatMap((_, index) => [
    ...ones.slice(index, index + 1),
    ...others.slice(index, index + 1),
  ]);
}

const alone = (file: string): string[] => [file];

/** Tests that have browsers or processes of their own take the longest; with processes, they mostly wait. */
const startsBrowser = /\b(?:startVisit|launchChromium)\b/;
const startsProcesses =
  /\b(?:spawnServer|spawnPair|(?:pair|killed)BesideProvider|startPostgres|child_process|installPacked)\b/;

/** Nor do these keep others waiting: they take long, or start processes by way of other modules. */
const longOnes = new Set([
  "server/src/store/postgres.test.ts",
  "server/src/store/sqlite/sqlite.test.ts",
  "server/test/flows/sign-in.test.ts",
  "server/test/refusals/bounded.test.ts",
  "server/test/refusals/faults.test.ts",
  "server/test/refusals/lost-answers.test.ts",
]);

/** What reaches beyond a file in its process: hooks outside any `describe`, and what is global. */
const reach = [
  /^(?:before|after)(?:Each)?\(/m,
  // By way of another module.
  /\busageScene\b/,
  /\bmock\./,
  /\bglobalThis\b/,
  /\bprocess\.(?:env\[[^\]]+\] =|on\(|once\(|exitCode|memoryUsage)/,
];

/** Neighbours are alike, also in how long they take: they come to different groups. */
function deal(files: readonly string[]): string[][] {
  const count = Math.ceil(files.length / filesPerGroup);
  return Array.from({ length: count }, (_, group) =>
    files.filter((_file, index) => index % count === group),
  );
}

/** A file that cannot be read fails by its name, and keeps none of the others from running. */
function writeGroup(files: readonly string[], index: number): string {
  const path = `${folder}${String(index + 1).padStart(3, "0")}.test.mjs`;
  const imports = files.map((file) => `  () => import("${pathToFileURL(file).href}"),`);
  const program = `import { test } from "node:test";

for (const read of [
${imports.join("\n")}
]) {
  await read().catch((error) => test(String(read), () => Promise.reject(error)));
}
`;
  writeFileSync(path, program);
  return path;
}
