import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, test } from "node:test";
import { system } from "../system.ts";
import { loadMasterKeys, MasterKeyRefused } from "./master-key.ts";

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "countersign-master-key-"));
  file = join(folder, "data", "master.key");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const load = () => loadMasterKeys(system, file);
const newLine = (): string => `csmk_${system.randomBytes(32).toString("base64url")}`;
const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

function write(content: string): void {
  mkdirSync(join(folder, "data"), { recursive: true });
  writeFileSync(file, content);
}

const isRefused = (problem: RegExp) => (error: unknown) =>
  error instanceof MasterKeyRefused && problem.test(error.message) && error.message.includes(file);

test("makes a key that only its owner can read, and finds it again", () => {
  const made = load();
  assert.equal(modeOf(file), "600");
  assert.equal(modeOf(join(folder, "data")), "700");
  assert.equal(made.length, 1);
  assert.equal(made[0]?.key.length, 32);
  assert.deepEqual(load(), made);
});

test("makes another key for every installation", () => {
  const [one] = load();
  rmSync(file);
  assert.notDeepEqual(load()[0]?.key, one?.key);
});

test("keeps the mode strict whatever the umask, and writes no plain fingerprint", () => {
  const before = process.umask(0);
  const [made] = load();
  process.umask(before);
  assert.equal(modeOf(file), "600");
  assert.ok(!made?.key.toString("hex").includes(made.id));
});

test("gives several processes that start at once one key", async () => {
  const program = `
    import { loadMasterKeys } from ${JSON.stringify(import.meta.resolve("./master-key.ts"))};
    import { system } from ${JSON.stringify(import.meta.resolve("../system.ts"))};
    process.stdin.once("data", () => {
      console.log(loadMasterKeys(system, process.argv[1])[0].id);
      process.exit();
    });
    console.log("ready");
  `;
  const args = ["--input-type=module", "--eval", program, file];
  const children = [1, 2, 3].map(() =>
    spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] }),
  );
  await Promise.all(children.map((child) => once(child.stdout, "readable")));
  const outputs = children.map((child) => text(child.stdout));
  for (const child of children) child.stdin.write("go\n");
  const ids = (await Promise.all(outputs)).map((output) => output.split("\n")[1]);
  assert.deepEqual(ids, Array(3).fill(load()[0]?.id));
});

test("reads several keys, the active one first, past comments, blank lines and line ends", () => {
  const [active, old, older] = [newLine(), newLine(), newLine()];
  write(`\uFEFF# made today\r\n\r\n  ${active}\t\r\n# before\n\n${old}\n${older}`);
  const keys = load();
  assert.deepEqual(
    keys.map(({ key }) => `csmk_${key.toString("base64url")}`),
    [active, old, older],
  );
  assert.equal(new Set(keys.map(({ id }) => id)).size, 3);
});

test("knows a key by the same fingerprint wherever it stands", () => {
  const [one, other] = [newLine(), newLine()];
  write(`${one}\n${other}\n`);
  const ids = load().map(({ id }) => id);
  write(`${other}\n${one}\n`);
  assert.deepEqual(
    load().map(({ id }) => id),
    ids.toReversed(),
  );
});

test("refuses a line of another form by its number, and does not repeat it", () => {
  const good = newLine();
  const wrong = [
    good.slice(0, -1),
    `${good}A`,
    good.replace("csmk_", "cssk_"),
    good.slice(5),
    `${good} # mine`,
    "correct horse battery staple",
    `csmk_${"=".repeat(43)}`,
  ];
  for (const line of wrong) {
    write(`# first\n${good}\n${line}\n`);
    assert.throws(load, isRefused(/Key 2 .* csmk_…/), line);
    assert.throws(load, (error: Error) => !error.message.includes(line));
  }
});

test("refuses a file without a key, rather than to make another", () => {
  for (const content of ["# nothing yet\n", "\n\n", " "]) {
    write(content);
    assert.throws(load, isRefused(/holds no key/));
    assert.equal(readFileSync(file, "utf8"), content);
  }
});

test("refuses by name what is no file, and a place that cannot hold one", () => {
  mkdirSync(file, { recursive: true });
  assert.throws(load, isRefused(/cannot be read or made: EISDIR/));
  rmSync(file, { recursive: true });
  rmSync(join(folder, "data"), { recursive: true });
  writeFileSync(join(folder, "data"), "a file where the folder should be");
  assert.throws(load, isRefused(/cannot be read or made: (?:EEXIST|ENOTDIR)/));
});
