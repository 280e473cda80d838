/**
 * A check that sees nothing is green for the wrong reason: what was seen must stay above these
 * floors.
 */
import type { Rule, Tree } from "./tree.ts";

const floors = { files: 100, imports: 340 };

export function seen({ sources }: Tree): { files: number; imports: number } {
  return { files: sources.length, imports: sources.flatMap(({ imports }) => imports).length };
}

export const sight: Rule = (tree) => {
  const { files, imports } = seen(tree);
  if (files >= floors.files && imports >= floors.imports) return [];
  const message = `saw only ${files} files and ${imports} imports, and was looking at too little`;
  return [{ file: "tools/tidy/sight.ts", line: 1, message }];
};
