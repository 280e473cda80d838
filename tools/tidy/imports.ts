/** Finds what a file imports, and which file or package that is. */
import { posix } from "node:path";
import { type TreeFile, lineAt } from "./text.ts";

export interface Import {
  readonly line: number;
  /** A path of ours from the repository's root, a package's name, or a builtin with `node:`. */
  readonly target: string;
  readonly isTypeOnly: boolean;
}

const statement =
  /^[ \t]*(?:import|export)\s+(?<type>type\s+)?(?:[^"';]*?\sfrom\s*)?["'](?<from>[^"']+)["']/gm;
const call = /\bimport\(\s*["'](?<from>[^"']+)["']/g;
const workerOrFile = /\bnew URL\(\s*["'](?<from>\.[^"']+\.(?:ts|mjs))["'],\s*import\.meta\.url/g;

/** `code` has its strings, but no comments. */
export function findImports(path: string, code: string, files: readonly TreeFile[]): Import[] {
  return [statement, call, workerOrFile].flatMap((pattern) =>
    [...code.matchAll(pattern)].flatMap(({ groups, index }) => {
      const line = lineAt(code, index);
      const isTypeOnly = groups?.["type"] !== undefined;
      return resolve(path, groups?.["from"] ?? "", files).map((target) => ({
        line,
        target,
        isTypeOnly,
      }));
    }),
  );
}

function resolve(path: string, specifier: string, files: readonly TreeFile[]): string[] {
  if (specifier.startsWith("node:")) return [specifier];
  if (specifier.startsWith(".")) return [posix.join(posix.dirname(path), specifier)];
  if (specifier.startsWith("#")) return ownAlias(path, specifier, files);
  const [name, ...rest] = specifier.split("/");
  const packageName = specifier.startsWith("@") ? `${name}/${rest.shift()}` : `${name}`;
  const ours = packages(files).find((one) => one.manifest.name === packageName);
  if (ours === undefined) return [packageName];
  return targets(ours, ours.manifest.exports, ["..", ...rest].join("/").slice(1));
}

function ownAlias(path: string, specifier: string, files: readonly TreeFile[]): string[] {
  const own = packages(files).find(({ folder }) => path.startsWith(`${folder}/`));
  return own === undefined ? [specifier] : targets(own, own.manifest.imports, specifier);
}

export interface Package {
  readonly folder: string;
  readonly manifest: Manifest;
}

interface Manifest {
  readonly name?: string;
  readonly exports?: ExportMap;
  readonly imports?: ExportMap;
  readonly dependencies?: Readonly<Record<string, string>>;
}

type ExportMap = Readonly<Record<string, string | Readonly<Record<string, string>>>>;

/** Our own packages: the folders with a package.json, but for the root. */
export function packages(files: readonly TreeFile[]): Package[] {
  return files
    .filter(({ path }) => path.endsWith("/package.json"))
    .map(({ path, text }) => ({
      folder: posix.dirname(path),
      manifest: JSON.parse(text) as Manifest,
    }));
}

/** The files that a package shows under a name; without one, all that it names one by one. */
export function targets({ folder }: Package, map: ExportMap = {}, name?: string): string[] {
  return Object.entries(map).flatMap(([pattern, target]) => {
    const [before = "", after] = pattern.split("*");
    if (name === undefined ? after !== undefined : !fits(name, before, after)) return [];
    const star = name?.slice(before.length, name.length - (after ?? "").length) ?? "";
    const all = typeof target === "string" ? [target] : Object.values(target);
    return all.map((one) => posix.join(folder, one.replace("*", star)));
  });
}

function fits(name: string, before: string, after: string | undefined): boolean {
  if (after === undefined) return name === before;
  return name.startsWith(before) && name.endsWith(after);
}
