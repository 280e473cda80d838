/** Sizes: what is too long has more than one idea. */
import { type Rule, type SourceFile, testFiles } from "./tree.ts";

interface Limit {
  readonly files: RegExp;
  readonly max: number;
  /** Of an endpoint only the code counts, so that nobody saves on comments. */
  readonly counts: "lines" | "lines of code";
}

/** The first line that fits a file counts. */
const limits: readonly Limit[] = [
  { files: testFiles, max: 600, counts: "lines" },
  { files: /^server\/src\/http\/oauth\//, max: 120, counts: "lines of code" },
  // Most of such a file is declarations: the schemas of its routes, which also document them.
  { files: /^server\/src\/http\/admin\//, max: 160, counts: "lines of code" },
  { files: /^/, max: 400, counts: "lines" },
];

export const sizes: Rule = ({ sources }) =>
  sources.flatMap((source) => {
    const { max, counts } = limits.find(({ files }) => files.test(source.path))!;
    const size = counts === "lines" ? linesOf(source) : linesOfCode(source);
    if (size <= max) return [];
    const message = `has ${size} ${counts}, at most ${max} are read`;
    return [{ file: source.path, line: 1, message }];
  });

const linesOf = ({ text }: SourceFile): number => text.trimEnd().split("\n").length;

const linesOfCode = ({ code }: SourceFile): number =>
  code.split("\n").filter((line) => line.trim() !== "").length;
