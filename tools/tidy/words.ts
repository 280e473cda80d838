/** Names and calls that have no place in a file. */
import { matches } from "./text.ts";
import { type Finding, type Rule, type SourceFile, isTest } from "./tree.ts";

const folders = /(?:^|\/)(utils|helpers|common|services|managers)\//;
const reminders = /\b(?:TODO|FIXME|XXX)\b/;

interface ForbiddenCall {
  readonly pattern: RegExp;
  readonly isForbiddenIn: (path: string) => boolean;
  readonly message: string;
}

const calls: readonly ForbiddenCall[] = [
  {
    pattern: /\b(?:Date\.now|performance\.now|process\.hrtime|new Date(?!\s*\(\s*[^\s)]))\b/,
    isForbiddenIn: (path) => isShipped(path) && path !== "server/src/system.ts",
    message: "only system.ts reads the clock",
  },
  {
    // What the injected `System` makes is the way to have it: `system.randomBytes(`.
    pattern:
      /(?<!\bsystem\.)\b(?:random(?:Bytes|UUID|Int|Fill|FillSync)|getRandomValues|Math\.random)\b/,
    isForbiddenIn: (path) => isShipped(path) && path !== "server/src/system.ts",
    message: "only system.ts makes randomness",
  },
  {
    pattern: /\bprocess\.env\b/,
    isForbiddenIn: (path) =>
      (isShipped(path) || path.startsWith("sdk/")) &&
      !/^server\/src\/(config|main)\.ts$/.test(path),
    message: "only config.ts and main.ts read the environment",
  },
  {
    pattern: /\bconsole\./,
    isForbiddenIn: (path) => isShipped(path) && path !== "server/src/main.ts",
    message: "only main.ts writes to the console; the rest has a logger",
  },
  {
    pattern: /\.(?:only|skip|todo)\(/,
    isForbiddenIn: isTest,
    message: "every test runs, always",
  },
];

/**
 * The server and the protocol: the SDK and the examples run elsewhere and have the clock they find.
 */
function isShipped(path: string): boolean {
  return /^(server|protocol)\/src\//.test(path) && !isTest(path);
}

export const folderNames: Rule = ({ files }) =>
  files.flatMap(({ path }) => {
    const folder = folders.exec(path)?.[1];
    return folder === undefined
      ? []
      : [{ file: path, line: 1, message: `no folder is called ${folder}: say what it is about` }];
  });

export const noReminders: Rule = ({ sources }) =>
  sources.flatMap(({ path, comments }) =>
    comments
      .filter(({ text }) => reminders.test(text))
      .map(({ line }) => ({ file: path, line, message: "open work is an issue, not a comment" })),
  );

export const noForbiddenCalls: Rule = ({ sources }) => sources.flatMap(forbiddenCalls);

function forbiddenCalls({ path, code }: SourceFile): Finding[] {
  return calls
    .filter(({ isForbiddenIn }) => isForbiddenIn(path))
    .flatMap(({ pattern, message }) =>
      matches(code, pattern).map(({ line, text }) => ({
        file: path,
        line,
        message: `${text}: ${message}`,
      })),
    );
}
