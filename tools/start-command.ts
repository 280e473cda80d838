import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** What `npm start` has Node run, its flags included, so that tests and benchmarks run the same. */
export function startArguments(): string[] {
  const root = new URL("../", import.meta.url);
  const manifest = readFileSync(new URL("package.json", root), "utf8");
  const { start } = (JSON.parse(manifest) as { scripts: { start: string } }).scripts;
  const [, ...words] = start.split(" ");
  const script = words.pop()!;
  return [...words, fileURLToPath(new URL(script, root))];
}
