/** Reads the repository from the disk, with what is not committed yet. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Tree, parseTree } from "./tree.ts";

export const root = fileURLToPath(new URL("../..", import.meta.url));
const looked =
  "{protocol,server,sdk,cli,console,examples,bench,tools,docs}/**/*.{ts,tsx,mjs,json,md,sql}";
const passedOver = ["**/node_modules/**", "**/dist/**"];

export function readTree(): Tree {
  const paths = globSync(looked, { cwd: root, exclude: passedOver }).toSorted();
  return parseTree(
    paths.map((path) => ({
      path: path.replaceAll("\\", "/"),
      text: readFileSync(join(root, path), "utf8"),
    })),
  );
}
