/**
 * The conscience of the house: checks what STYLE.md promises and no other tool sees.
 *
 * Each rule is one small function in `tidy/` that takes the tree of files and answers findings;
 * what it allows is a table at the head of its file.
 */
import { staleReferencePages } from "./reference.ts";
import { citationForm, citationKnown, citationPresent } from "./tidy/citations.ts";
import { direction } from "./tidy/direction.ts";
import { dependencyReasons, leftoverFiles } from "./tidy/leftovers.ts";
import { seen, sight } from "./tidy/sight.ts";
import { sizes } from "./tidy/sizes.ts";
import { readTree } from "./tidy/repository.ts";
import type { Finding, Rule } from "./tidy/tree.ts";
import { folderNames, noForbiddenCalls, noReminders } from "./tidy/words.ts";

const rules: readonly Rule[] = [
  direction,
  sizes,
  folderNames,
  noReminders,
  noForbiddenCalls,
  citationForm,
  citationKnown,
  citationPresent,
  leftoverFiles,
  dependencyReasons,
  sight,
];

if (import.meta.main) process.exitCode = await main();

async function main(): Promise<number> {
  const tree = readTree();
  const findings = [...rules.flatMap((rule) => rule(tree)), ...(await staleReference())];
  for (const { file, line, message } of findings) console.log(`${file}:${line} ${message}`);
  const { files, imports } = seen(tree);
  console.log(`tidy: saw ${files} files, ${imports} imports`);
  return findings.length === 0 ? 0 : 1;
}

/** Generated reference pages must be what a fresh run would write. */
async function staleReference(): Promise<Finding[]> {
  const pages = await staleReferencePages();
  return pages.map((file) => ({ file, line: 1, message: "is stale: npm run reference" }));
}
