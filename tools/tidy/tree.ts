/**
 * What the rules look at: the repository's files, taken apart once into code, comments and imports.
 */
import { type Import, findImports } from "./imports.ts";
import { type Line, type TreeFile, blank, lineAt, token } from "./text.ts";

export interface SourceFile extends TreeFile {
  /** The text with comments and the contents of strings blanked; lines stay where they are. */
  readonly code: string;
  readonly comments: readonly Line[];
  readonly imports: readonly Import[];
}

export interface Tree {
  readonly files: readonly TreeFile[];
  /** The TypeScript and JavaScript among them. */
  readonly sources: readonly SourceFile[];
}

export interface Finding {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

export type Rule = (tree: Tree) => Finding[];

export function parseTree(files: readonly TreeFile[]): Tree {
  const sources = files.filter(({ path }) => /\.(ts|tsx|mjs)$/.test(path));
  return { files, sources: sources.map((file) => parse(file, files)) };
}

/** A test, a contract that tests run, or what only tests use. */
export const testFiles = /\.(test|contract)\.ts$|(^|\/)(test|contract)\//;

export const isTest = (path: string): boolean => testFiles.test(path);

function parse(file: TreeFile, files: readonly TreeFile[]): SourceFile {
  const { path, text } = file;
  const comments: Line[] = [];
  for (const { groups, index } of text.matchAll(token)) {
    const lines = groups?.["comment"]?.split("\n") ?? [];
    const first = lineAt(text, index);
    comments.push(...lines.map((line, number) => ({ line: first + number, text: line })));
  }
  const code = text.replace(token, blank);
  const withStrings = text.replace(token, (all) => (/^["']/.test(all) ? all : blank(all)));
  return { path, text, code, comments, imports: findImports(path, withStrings, files) };
}
