import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";

/**
 * Packages that are read as hundreds of files each, by every test file's process and by the writer
 * thread of every store: as few files that is half the time of a start (docs/decisions/0005-tests.md).
 */
const packages: Readonly<Record<string, string>> = {
  kysely: "kysely",
  typebox: "typebox",
  "typebox-compile": "typebox/compile",
  "typebox-value": "typebox/value",
};

const root = fileURLToPath(new URL("../", import.meta.url));
const folder = fileURLToPath(new URL("../node_modules/.cache/test-packages/", import.meta.url));

/** Where what is imported by a name is, once `bundlePackages` has run. */
export const bundledPackages = (): Map<string, string> =>
  new Map(Object.entries(packages).map(([file, name]) => [name, `${folder}${file}.js`]));

/** Does nothing when the locked dependencies are those of the last time. */
export async function bundlePackages(): Promise<void> {
  const stamp = `${folder}lock.sha256`;
  const fingerprint = createHash("sha256")
    .update(readFileSync(`${root}package-lock.json`))
    .update(JSON.stringify(packages))
    .digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === fingerprint) return;
  const { build } = await import("rolldown");
  await build({
    cwd: `${root}server`,
    input: { ...packages },
    platform: "node",
    logLevel: "warn",
    output: { dir: folder, format: "esm", entryFileNames: "[name].js" },
  });
  writeFileSync(`${folder}package.json`, '{ "type": "module" }\n');
  writeFileSync(stamp, fingerprint);
}
