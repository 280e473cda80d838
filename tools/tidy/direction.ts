/**
 * The direction of imports. The tables are all there is to know; a new folder or exception is a
 * line in them. Tests, benchmarks and tools may import what they like.
 */
import { type Finding, type Rule, isTest } from "./tree.ts";

/** The rings of server/src, outermost first. A file imports its own folder and rings further in. */
const rings: readonly (readonly string[])[] = [
  ["main.ts"],
  ["operations.ts"],
  ["app.ts", "welcome.ts", "data-dir.ts"],
  ["http"],
  ["config.ts"],
  ["jobs"],
  ["authorization"],
  ["grants"],
  ["leaks"],
  ["tokens"],
  ["people"],
  ["api-keys"],
  ["clients"],
  ["datasources"],
  ["webhooks"],
  ["fetch"],
  ["mail"],
  ["access"],
  ["keys", "audit"],
  ["store"],
  ["seen-notes.ts"],
  ["errors", "system.ts", "log.ts", "bounded-map.ts", "shared-run.ts"],
];

/** What files may import at most; the first line that fits a file counts. */
const limits: readonly { files: RegExp; may: readonly RegExp[]; why: string }[] = [
  {
    files: /^server\/src\/store\/records\.ts$/,
    may: [],
    why: "it is the centre and imports nothing",
  },
  {
    files: /^server\/src\/store\/store\.ts$/,
    may: [/^server\/src\/store\/(records|outcome|\w+-store)\.ts$/],
    why: "it is the centre and imports only its records and its parts",
  },
  {
    files: /^protocol\/src\/admin\//,
    may: [/^protocol\//, /^typebox$/],
    why: "protocol is for all and imports only TypeBox",
  },
  { files: /^protocol\//, may: [/^protocol\//], why: "protocol is for all and imports nothing" },
  {
    files: /^console\/src\//,
    may: [
      /^console\//,
      /^protocol\//,
      /^examples\/calling\/programs\.ts$/,
      /^(react|react-dom|react-router|get-nonce)$/,
      /^@(mantine|tanstack|fontsource-variable|scalar)\//,
    ],
    why: "it runs in a browser and knows the server by its API",
  },
  {
    files: /^sdk\//,
    may: [/^sdk\//, /^protocol\//, /^node:/, /^cloudflare:workers$/],
    why: "the SDK brings no dependencies",
  },
];

/** What may be imported from some places only. Without `values`, imports of types count as well. */
const doors: readonly { to: RegExp; from: RegExp; why: string; values?: true }[] = [
  {
    to: /^server\/src\/store\/(?!(store|records|cache|feed|migrate)\.ts$)/,
    from: /^server\/src\/(app\.ts$|store\/)/,
    why: "only app.ts sees concrete stores",
  },
  {
    to: /^server\/src\/store\/migrate\.ts$/,
    from: /^server\/src\/(main\.ts$|store\/)/,
    why: "stores migrate themselves, and only main.ts explains a refusal",
  },
  {
    to: /^(postgres|kysely|kysely-.*|node:sqlite)$/,
    from: /^(server\/src\/store|examples)\//,
    why: "only store/ sees drivers",
  },
  {
    to: /^(fastify|@fastify\/.*)$/,
    from: /^(server\/src\/(http\/|main\.ts$)|examples\/)/,
    why: "only http/ and main.ts see Fastify",
  },
  { to: /^nodemailer$/, from: /^server\/src\/mail\//, why: "only mail/ speaks SMTP" },
  { to: /^undici$/, from: /^server\/src\/fetch\//, why: "only fetch/ sees undici" },
  {
    to: /^sdk\//,
    from: /^((sdk|examples|cli|console)\/|server\/src\/http\/sample-api\.ts$)/,
    why: "the server does not import the SDK; only the sample API is protected by it",
  },
  {
    to: /^examples\//,
    from: /^(examples\/|server\/src\/http\/sample-api\.ts$|console\/src\/app-clients\/programs\.ts$)/,
    why: "the sample API enters in one place, and the programs to copy in another",
  },
  { to: /^server\//, from: /^server\//, why: "the server is reached over HTTP" },
  { to: /^(tools|bench)\//, from: /^$/, why: "it is not shipped" },
  {
    to: /^protocol\/src\/admin\//,
    from: /^(?!sdk\/|console\/)/,
    values: true,
    why: "the SDK and the console ship without TypeBox and take types only",
  },
];

export const direction: Rule = ({ sources }) =>
  sources
    .filter(({ path }) => !isTest(path) && !/^(tools|bench)\//.test(path))
    .flatMap(({ path, imports }) => [
      ...unknownRing(path),
      ...imports.flatMap(({ line, target, isTypeOnly }) => {
        const [why] = objections(path, target, isTypeOnly);
        if (why === undefined) return [];
        return [{ file: path, line, message: `may not import ${target}: ${why}` }];
      }),
    ]);

/** All that speaks against an import, the broadest reason first. */
function objections(path: string, target: string, isTypeOnly: boolean): string[] {
  const limit = limits.find(({ files }) => files.test(path));
  const isBeyond = limit !== undefined && !limit.may.some((allowed) => allowed.test(target));
  const closed = doors.filter(
    ({ to, from, values }) => to.test(target) && !from.test(path) && !(values && isTypeOnly),
  );
  return [
    ...(isBeyond ? [limit.why] : []),
    ...closed.map(({ why }) => why),
    ...outwards(path, target),
  ];
}

function outwards(path: string, target: string): string[] {
  const [from, to] = [ringPart(path), ringPart(target)];
  if (from === undefined || to === undefined || from === to) return [];
  return ringOf(to) > ringOf(from) ? [] : [`arrows point inward, and ${to} is not inside ${from}`];
}

/** The folder in server/src, or the file that lies there itself. */
function ringPart(path: string): string | undefined {
  return /^server\/src\/([^/]+)/.exec(path)?.[1];
}

function ringOf(part: string): number {
  return rings.findIndex((ring) => ring.includes(part));
}

function unknownRing(path: string): Finding[] {
  const part = ringPart(path);
  if (part === undefined || ringOf(part) >= 0) return [];
  return [{ file: path, line: 1, message: `${part} has no ring yet: tools/tidy/direction.ts` }];
}
