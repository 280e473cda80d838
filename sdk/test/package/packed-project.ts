import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runNpm } from "../../../tools/npm.ts";
import { packSdk } from "../../../tools/pack.ts";

export interface PackedProject {
  /** An empty project but for the tarball, installed, and the program. */
  folder: string;
  tarball: string;
  remove(): Promise<void>;
}

const program = fileURLToPath(new URL("./program.ts", import.meta.url));

/** Packs the SDK and installs it where nothing of ours is around. Needs no network. */
export async function installPacked(): Promise<PackedProject> {
  const folder = await mkdtemp(join(tmpdir(), "countersign-packed-"));
  const tarball = await packSdk(folder);
  const manifest = { name: "empty", private: true, type: "module" };
  await writeFile(join(folder, "package.json"), JSON.stringify(manifest));
  await runNpm(["install", tarball, "--offline", "--ignore-scripts", "--no-audit"], folder);
  await copyFile(program, join(folder, "program.ts"));
  return { folder, tarball, remove: () => rm(folder, { recursive: true, force: true }) };
}
