/** Text and its lines, and which of its characters are code. */

export interface TreeFile {
  readonly path: string;
  readonly text: string;
}

export interface Line {
  readonly line: number;
  readonly text: string;
}

/** The lines of `text` that match, and what matched. */
export function matches(text: string, pattern: RegExp): Line[] {
  return [...text.matchAll(new RegExp(pattern, "gm"))].map((match) => ({
    line: lineAt(text, match.index),
    text: match[0],
  }));
}

const comment = /\/\/[^\n]*|\/\*[^]*?\*\//;
const string = /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/;
const template = /`(?:\\[^]|[^`\\])*`/;
/** A slash begins a regular expression where a value may begin, and divides elsewhere. */
const valueBegins = /(?<=(?:[(,=:[!&|?{};\n]|=>|return)[ \t]*)/;
const regexp = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[*])+\/[a-z]*/;

/** Whatever holds characters that do not mean what they say. */
export const token = new RegExp(
  [
    `(?<comment>${comment.source})`,
    string.source,
    template.source,
    valueBegins.source + regexp.source,
  ].join("|"),
  "g",
);

/** Blanks what is not code: of a string its quotes stay, of a template the expressions in it. */
export function blank(found: string): string {
  if (/^["']/.test(found)) return `"${spaces(found.slice(1, -1))}"`;
  if (!found.startsWith("`")) return spaces(found);
  return found.replace(/\$\{[^}]*\}|[^\n]/g, (part) => (part.length > 1 ? part : " "));
}

function spaces(text: string): string {
  return text.replace(/[^\n]/g, " ");
}

export function lineAt(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}
