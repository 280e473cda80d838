/**
 * `node tools/pack.ts`: the SDK as it is published, JavaScript with types, as a tarball in dist/. In
 * the repository Node runs the sources; below `node_modules` it does not strip types.
 */
import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { globSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, posix } from "node:path";
import { promisify } from "node:util";
import { runNpm } from "./npm.ts";
import { findImports } from "./tidy/imports.ts";
import { root } from "./tidy/repository.ts";
import { isTest } from "./tidy/tree.ts";

const execute = promisify(execFile);
const specifier = /(?<before>\b(?:from|import)\s*\(?\s*")(?<from>[^"]+)(?=")/g;

if (import.meta.main) console.log(await packSdk(join(root, "dist")));

/** Writes the tarball into the folder and answers its path. */
export async function packSdk(folder: string): Promise<string> {
  const stage = await mkdtemp(join(tmpdir(), "countersign-pack-"));
  try {
    await stageSources(stage);
    await emit(stage);
    await finishImports(stage);
    await mkdir(folder, { recursive: true });
    const packed = await runNpm(["pack", "--json", "--pack-destination", folder], stage);
    return join(folder, filenameOf(JSON.parse(packed)));
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
}

interface Manifest {
  version: string;
  exports: Record<string, string>;
  imports: Record<string, Record<string, string>>;
  [member: string]: unknown;
}

/** The sources of the SDK, and beside them those of the protocol, which is not published. */
async function stageSources(stage: string): Promise<void> {
  const own = globSync("**/*.ts", { cwd: join(root, "sdk/src") }).map(slashed);
  const taken = new Set<string>();
  for (const name of own.filter((name) => !isTest(name))) {
    const text = await readFile(join(root, "sdk/src", name), "utf8");
    const folder = posix.relative(posix.dirname(name), "protocol") || ".";
    const local = text.replace(/"@countersign\/protocol\/([\w-]+\.ts)"/g, (_all, file: string) => {
      taken.add(file);
      return `"${folder.startsWith(".") ? folder : `./${folder}`}/${file}"`;
    });
    await write(join(stage, "src", name), local);
  }
  for (const file of taken) await stageProtocol(stage, file, taken);
}

/** A set that grows while it is walked: what a file imports is visited as well. */
async function stageProtocol(stage: string, file: string, taken: Set<string>): Promise<void> {
  const text = await readFile(join(root, "protocol/src", file), "utf8");
  for (const { target } of findImports(file, text, [])) taken.add(target);
  await write(join(stage, "src/protocol", file), text);
}

async function emit(stage: string): Promise<void> {
  const manifest = JSON.parse(await readFile(join(root, "sdk/package.json"), "utf8")) as Manifest;
  const compiler = {
    extends: join(root, "tsconfig.json"),
    compilerOptions: {
      noEmit: false,
      declaration: true,
      rewriteRelativeImportExtensions: true,
      target: "es2022",
      rootDir: "src",
      outDir: "dist",
      typeRoots: [join(root, "node_modules/@types")],
    },
    include: ["src"],
  };
  await write(join(stage, "package.json"), JSON.stringify(manifest));
  await write(join(stage, "tsconfig.json"), JSON.stringify(compiler));
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  await execute(process.execPath, [tsc, "-p", stage], { cwd: stage }).catch(explain);
  await write(join(stage, "package.json"), JSON.stringify(publishedManifest(manifest), null, 2));
  await copyFile(join(root, "sdk/README.md"), join(stage, "README.md"));
  await copyFile(join(root, "LICENSE"), join(stage, "LICENSE"));
}

/** The compiler complains on its standard output, which the error does not show. */
function explain(error: { stdout?: string }): never {
  throw new Error(`the SDK does not compile alone:\n${error.stdout ?? ""}`, { cause: error });
}

/** What the repository's manifest says of sources, said of what was made from them. */
function publishedManifest({ exports, imports, ...rest }: Manifest): object {
  const { private: _private, dependencies: _dependencies, ...kept } = rest;
  const typed = Object.entries(exports).map(([name, source]) => [
    name,
    { types: emitted(source, ".d.ts"), default: emitted(source, ".js") },
  ]);
  const chosen = Object.entries(imports).map(([name, conditions]) => [
    name,
    Object.fromEntries(
      Object.entries(conditions).map(([condition, source]) => [condition, emitted(source, ".js")]),
    ),
  ]);
  return {
    ...kept,
    sideEffects: false,
    files: ["dist"],
    imports: Object.fromEntries(chosen),
    exports: { ...Object.fromEntries(typed), "./package.json": "./package.json" },
  };
}

function emitted(source: string, extension: string): string {
  return source.replace(/^\.\/src\//, "./dist/").replace(/\.ts$/, extension);
}

/**
 * In declarations the compiler leaves `.ts` in what is imported. The tarball depends on nothing:
 * every import is a file of its own or comes with the runtime; throws otherwise.
 */
async function finishImports(stage: string): Promise<void> {
  for (const path of globSync("dist/**/*.{js,ts}", { cwd: stage })) {
    const text = await readFile(join(stage, path), "utf8");
    const finished = text.replace(specifier, (_all, before: string, from: string) => {
      if (/^(node|cloudflare):/.test(from) || from.startsWith("#")) return before + from;
      if (!/^\.{1,2}\/.*\.[jt]s$/.test(from)) throw new Error(`${path} imports ${from}`);
      return before + from.replace(/\.ts$/, ".js");
    });
    await writeFile(join(stage, path), finished);
  }
}

/** npm 11 answers a list, and with workspaces around an object by name. */
function filenameOf(answer: unknown): string {
  const [packed] = Object.values(answer as Record<string, { filename?: string }>);
  if (packed?.filename === undefined) throw new Error("npm pack did not say what it packed");
  return packed.filename;
}

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

function slashed(path: string): string {
  return path.replaceAll("\\", "/");
}
