/** What nobody uses, and what nobody gave a reason for. */
import { packages, targets } from "./imports.ts";
import { type Rule, type Tree, isTest } from "./tree.ts";

/** Files that are started, not imported; what a package.json names is added to them. */
const entryPoints: readonly RegExp[] = [
  /\.test\.ts$/,
  /\.bench\.ts$/,
  /^server\/src\/main\.ts$/,
  /^bench\/main\.ts$/,
  /^console\/(vite\.config\.ts|src\/(reference\/)?main\.tsx|test\/screenshots\.ts)$/,
  /^tools\/[^/]+$/,
  /^examples\/[^/]+\/src\/main\.ts$/,
  /^examples\/(calling|protecting|receiving)\//,
];

/** A file that only tests import is a leftover too, unless it is there for tests. */
export const leftoverFiles: Rule = (tree) => {
  const used = new Set(exported(tree));
  const usedByTests = new Set<string>();
  for (const { path, imports } of tree.sources) {
    for (const { target } of imports) (isTest(path) ? usedByTests : used).add(target);
  }
  return tree.sources
    .map(({ path }) => path)
    .filter((path) => !entryPoints.some((entry) => entry.test(path)))
    .filter((path) => !used.has(path) && !(isTest(path) && usedByTests.has(path)))
    .map((path) => ({ file: path, line: 1, message: "nothing imports this file" }));
};

function exported({ files }: Tree): string[] {
  return packages(files).flatMap((one) => [
    ...targets(one, one.manifest.exports),
    ...targets(one, one.manifest.imports),
  ]);
}

/** A decision record names a package `like-this`. */
export const dependencyReasons: Rule = ({ files }) => {
  const records = files.filter(({ path }) => /^docs\/decisions\/.*\.md$/.test(path));
  return packages(files).flatMap(({ folder, manifest }) =>
    Object.keys(manifest.dependencies ?? {})
      .filter((name) => !name.startsWith("@countersign/"))
      .filter((name) => !records.some(({ text }) => text.includes(`\`${name}\``)))
      .map((name) => ({
        file: `${folder}/package.json`,
        line: 1,
        message: `no record in docs/decisions/ says why \`${name}\` is needed`,
      })),
  );
};
