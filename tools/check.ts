/**
 * `npm run check`: types, lint, format and tidy, side by side. Prints how long each took, and what
 * it said if it found something.
 */
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

interface Check {
  readonly name: string;
  readonly script: string;
  readonly args: readonly string[];
}

const checks: readonly Check[] = [
  { name: "types", script: "node_modules/typescript/bin/tsc", args: ["-p", "."] },
  { name: "console", script: "node_modules/typescript/bin/tsc", args: ["-p", "console"] },
  {
    name: "lint",
    script: "node_modules/oxlint/bin/oxlint",
    args: ["--type-aware", "--deny-warnings"],
  },
  { name: "format", script: "node_modules/oxfmt/bin/oxfmt", args: ["--check"] },
  { name: "tidy", script: "tools/tidy.ts", args: [] },
];

const root = fileURLToPath(new URL("..", import.meta.url));
const passed = await Promise.all(checks.map(run));
process.exitCode = passed.every(Boolean) ? 0 : 1;

async function run({ name, script, args }: Check): Promise<boolean> {
  const start = performance.now();
  const child = spawn(process.execPath, [script, ...args], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exit = new Promise<number | null>((resolve) => {
    child.on("close", resolve);
  });
  const [code, ...output] = await Promise.all([exit, text(child.stdout), text(child.stderr)]);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${name.padEnd(7)} ${code === 0 ? "ok    " : "FAILED"} ${seconds} s`);
  if (code !== 0) console.log(output.join("").trimEnd());
  return code === 0;
}
