import { readFileSync } from "node:fs";

/**
 * A guide as a test sees it: what its reader would type, in order, the files that it tells to make,
 * and the answers it shows.
 *
 * - ```sh is typed into the reader's shell, one session for the whole guide;
 * - ```sh another-terminal is left running beside it;
 * - ```answer is what the ```sh before it printed, with `…` for whatever may differ;
 * - ```ts after a line like "`api.ts`:" is the file of that name.
 *
 * Blocks of any other kind are only read.
 */
export interface Guide {
  typed: Typed[];
  files: { name: string; text: string }[];
}

export interface Typed {
  line: number;
  text: string;
  isBeside: boolean;
  answer: string | undefined;
}

const block = /^```(?<info>[^\n]*)\n(?<text>.*?)^```$/gms;
const fileName = /`(?<name>[\w.-]+\.ts)`:\s*$/;

export function readGuide(url: URL, replacements: Readonly<Record<string, string>>): Guide {
  const guide: Guide = { typed: [], files: [] };
  const source = readFileSync(url, "utf8");
  for (const { groups, index } of source.matchAll(block)) {
    const { info, text: original } = groups as { info: string; text: string };
    const text = replaceAll(original, replacements);
    const line = source.slice(0, index).split("\n").length;
    const name = fileName.exec(source.slice(0, index))?.groups?.["name"];
    const last = guide.typed.at(-1);
    if (info === "sh" || info === "sh another-terminal") {
      guide.typed.push({ line, text, isBeside: info !== "sh", answer: undefined });
    } else if (info === "answer") {
      if (last === undefined) throw new Error(`line ${line}: an answer to nothing`);
      last.answer = (last.answer ?? "") + text;
    } else if (info === "ts" && name !== undefined) {
      guide.files.push({ name, text });
    }
  }
  return guide;
}

const replaceAll = (text: string, replacements: Readonly<Record<string, string>>): string =>
  Object.entries(replacements).reduce((all, [from, to]) => all.replaceAll(from, to), text);

/** Whether that is what was printed: `…` stands for anything, and white space does not count. */
export function isAnswer(expected: string, printed: string): boolean {
  const parts = bare(expected).split("…").map(RegExp.escape);
  return new RegExp(`^${parts.join(".*?")}$`, "s").test(bare(printed));
}

const bare = (text: string): string => text.replace(/\s+/g, "");
