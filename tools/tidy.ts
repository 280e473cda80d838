/**
 * The conscience of the house: checks what STYLE.md promises and no other tool sees.
 *
 * Each rule is one small function in `tidy/` that takes the tree of files and answers findings;
 * what it allows is a table at the head of its file.
 */
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { citationForm, citationPresent } from "./tidy/citations.ts";
import { direction } from "./tidy/direction.ts";
import { dependencyReasons, leftoverFiles } from "./tidy/leftovers.ts";
import { seen, sight } from "./tidy/sight.ts";
import { sizes } from "./tidy/sizes.ts";
import { type Finding, type Rule, type Tree, parseTree } from "./tidy/tree.ts";
import { folderNames, noForbiddenCalls, noReminders } from "./tidy/words.ts";

const rules: readonly Rule[] = [
  direction,
  sizes,
  folderNames,
  noReminders,
  noForbiddenCalls,
  citationForm,
  citationPresent,
  leftoverFiles,
  dependencyReasons,
  sight,
];

const root = fileURLToPath(new URL("..", import.meta.url));
const looked =
  "{protocol,server,sdk,cli,console,examples,bench,tools,docs}/**/*.{ts,tsx,mjs,json,md,sql}";
const passedOver = ["**/node_modules/**", "**/dist/**"];

if (import.meta.main) process.exitCode = await main();

async function main(): Promise<number> {
  const tree = readTree();
  const findings = [...rules.flatMap((rule) => rule(tree)), ...(await staleReference())];
  for (const { file, line, message } of findings) console.log(`${file}:${line} ${message}`);
  const { files, imports } = seen(tree);
  console.log(`tidy: saw ${files} files, ${imports} imports`);
  return findings.length === 0 ? 0 : 1;
}

/** The repository as it lies here, with what is not committed yet. */
export function readTree(): Tree {
  const paths = globSync(looked, { cwd: root, exclude: passedOver }).toSorted();
  return parseTree(
    paths.map((path) => ({
      path: path.replaceAll("\\", "/"),
      text: readFileSync(join(root, path), "utf8"),
    })),
  );
}

/** Generated reference pages must be what a fresh run would write. */
async function staleReference(): Promise<Finding[]> {
  const generator = join(root, "tools", "reference.ts");
  if (!existsSync(generator)) return [];
  const { staleReferencePages } = (await import(pathToFileURL(generator).href)) as {
    staleReferencePages(): Promise<string[]>;
  };
  const pages = await staleReferencePages();
  return pages.map((file) => ({ file, line: 1, message: "is stale: npm run reference" }));
}
