/** Sizes: what is too long has more than one idea. */
import { type Rule, type SourceFile, isTest } from "./tree.ts";

const fileLinesMax = 400;
const testLinesMax = 600;
const endpointLinesMax = 120;
const endpoints = /^server\/src\/http\/(oauth|admin)\//;

export const sizes: Rule = ({ sources }) =>
  sources.flatMap((source) => {
    const [size, max, unit] = measure(source);
    if (size <= max) return [];
    return [
      { file: source.path, line: 1, message: `has ${size} ${unit}, at most ${max} are read` },
    ];
  });

/** Of an endpoint only the code counts, so that nobody saves on comments. */
function measure({ path, text, code }: SourceFile): [size: number, max: number, unit: string] {
  const lines = text.trimEnd().split("\n");
  if (isTest(path)) return [lines.length, testLinesMax, "lines"];
  if (!endpoints.test(path)) return [lines.length, fileLinesMax, "lines"];
  const filled = code.split("\n").filter((line) => line.trim() !== "");
  return [filled.length, endpointLinesMax, "lines of code"];
}
