import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";
import { installPacked, type PackedProject } from "./package/packed-project.ts";
import { checkProgram } from "./package/program-check.ts";

const execute = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));

interface Manifest {
  exports: Record<string, unknown>;
  [member: string]: unknown;
}

describe("the published package", () => {
  let project: PackedProject;
  let manifest: Manifest;
  before(async () => {
    project = await installPacked();
    const path = join(project.folder, "node_modules/@countersign/sdk/package.json");
    manifest = JSON.parse(await readFile(path, "utf8")) as Manifest;
  });
  after(() => project.remove());

  test("brings no dependencies, and installs alone", async () => {
    for (const kind of ["dependencies", "peerDependencies", "optionalDependencies", "scripts"]) {
      assert.equal(manifest[kind], undefined, kind);
    }
    const lock = await readFile(join(project.folder, "package-lock.json"), "utf8");
    const { packages } = JSON.parse(lock) as { packages: object };
    assert.deepEqual(Object.keys(packages), ["", "node_modules/@countersign/sdk"]);
  });

  test("has an entry point for every one in the repository", async () => {
    const text = await readFile(join(root, "sdk/package.json"), "utf8");
    const ours = Object.keys((JSON.parse(text) as Manifest).exports);
    assert.deepEqual(Object.keys(manifest.exports), [...ours, "./package.json"]);
  });

  test("verifies tokens and asks for them on Node", async (t) => {
    const runtime = await checkProgram(t, project.folder, { file: process.execPath, args: [] });
    assert.match(runtime, /^Node\.js/);
  });

  test("has types for Node, and for runtimes that have no types of Node", async () => {
    const names = entryPoints(manifest);
    const imports = names.map((name, index) => `import * as entry${index} from "${name}";`);
    const list = names.map((_name, index) => `entry${index}`).join(", ");
    const text = [...imports, `export const entries = [${list}];`, ...use].join("\n");
    await writeFile(join(project.folder, "entries.ts"), text);
    const typeRoots = [join(root, "node_modules/@types")];
    const web = { lib: ["es2024", "dom", "dom.iterable"], types: [] };
    await typeCheck({ ...web, moduleResolution: "bundler", module: "esnext" }, ["entries.ts"]);
    await typeCheck({ ...web, module: "nodenext" }, ["entries.ts"]);
    const node = { lib: ["es2024"], types: ["node"], typeRoots, module: "nodenext" };
    await typeCheck(node, ["entries.ts", "program.ts"]);
  });

  test("is what publint finds nothing to say of", async () => {
    const tarball = await readFile(project.tarball);
    const { messages } = await publint({
      strict: true,
      pack: {
        tarball: tarball.buffer.slice(tarball.byteOffset, tarball.byteOffset + tarball.byteLength),
      },
    });
    assert.deepEqual(messages, []);
  });

  test("has types that attw finds right wherever ES modules are resolved", async () => {
    const tarball = createPackageFromTarballData(await readFile(project.tarball));
    const result = await checkPackage(tarball);
    assert.ok(result.types !== false);
    // An ES module only: CommonJS reaches it by import(), Node 10's resolution not at all.
    const passedOver = ["node10", "node16-cjs"];
    const problems = result.problems.filter(
      (problem) => !("resolutionKind" in problem && passedOver.includes(problem.resolutionKind)),
    );
    assert.deepEqual(problems, []);
    assert.equal(Object.keys(result.entrypoints).length, Object.keys(manifest.exports).length);
  });

  async function typeCheck(compilerOptions: object, files: readonly string[]): Promise<void> {
    const strict = { strict: true, noEmit: true, skipLibCheck: false, target: "es2022" };
    const config = { compilerOptions: { ...strict, ...compilerOptions }, files };
    await writeFile(join(project.folder, "tsconfig.json"), JSON.stringify(config));
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const options = { cwd: project.folder };
    const output = await execute(process.execPath, [tsc, "-p", "."], options).then(
      () => "",
      (error: { stdout?: string }) => error.stdout ?? "tsc did not run",
    );
    assert.equal(output, "");
  }
});

/** Types must also say no: each line after `@ts-expect-error` is a mistake. */
const use = [
  "const verifier = entry0.createVerifier({ issuer: 'https://a.example', audience: 'x' });",
  "export const access: Promise<entry0.Access> = verifier.verify(new Headers());",
  "// @ts-expect-error",
  "entry0.createVerifier({ issuer: 'https://a.example' });",
  "// @ts-expect-error",
  "verifier.verify(1);",
];

function entryPoints({ exports }: Manifest): string[] {
  return Object.keys(exports)
    .filter((name) => !name.endsWith(".json"))
    .map((name) => `@countersign/sdk${name.slice(1)}`);
}
