/** The reference says what the code says: a sample of each page, and that it is the same each time. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { hasValidChecksum } from "../server/src/keys/secret.ts";
import { referencePages, staleReferencePages } from "./reference.ts";

const pages = await referencePages();
const textOf = (name: string): string => pages.get(`docs/reference/${name}`) ?? "";

/** The cells of the row that begins with `first`. */
function rowOf(page: string, first: string): string[] {
  const row = textOf(page)
    .split("\n")
    .find((line) => line.startsWith(`| ${first} |`));
  assert.ok(row, `${page} has a row for ${first}`);
  return row.split(" | ").map((cell) => cell.replaceAll(/^\| | \|$/g, ""));
}

test("lists settings with their defaults", () => {
  assert.equal(rowOf("settings.md", "`COUNTERSIGN_PORT`")[1], "`8080`");
});

test("lists refusals with the status they get", () => {
  const [, status, code] = rowOf("errors.md", "`wrong_secret`");
  assert.deepEqual([status, code], ["401", "`invalid_client`"]);
  assert.equal(rowOf("errors.md", "`store_unavailable`")[1], "503");
  assert.equal(rowOf("errors.md", "`insufficient_scope`")[1], "403");
});

test("lists permissions, and the roles that have them", () => {
  assert.equal(
    rowOf("permissions.md", "`account:delete`")[1],
    "Delete the account or transfer its ownership",
  );
  assert.match(textOf("permissions.md"), /^\| `billing:write` \| yes \|  \| yes \|/m);
});

test("describes tables, columns and keys", () => {
  assert.match(textOf("schema.md"), /^## credentials\n\nWhat app clients prove themselves with/m);
  assert.deepEqual(rowOf("schema.md", "`sealed_secret`").slice(1, 3), ["text", "yes"]);
  assert.match(textOf("schema.md"), /^References: `client_id` is `clients\.client_id`/m);
  assert.match(textOf("schema.md"), /`tenant_id`, `algorithm` where `stage = 'current'`/);
});

test("gives scanners a pattern and an example that fits it", () => {
  const [pattern = "", example = ""] = [
    ...textOf("secrets.md").matchAll(/```text\n(.*)\n```/g),
  ].map(([, line = ""]) => line);
  assert.match(example, new RegExp(`^${pattern}$`));
  assert.ok(hasValidChecksum(example));
});

test("finds a section where it is cited", () => {
  const [, files = ""] = rowOf("standards.md", "§4.4.3");
  assert.match(files, /`server\/src\/grants\/client-credentials\.ts`/);
  assert.doesNotMatch(textOf("standards.md"), /undefined|\.test\.ts/);
});

test("is the same each time, and written", async () => {
  assert.deepEqual(await referencePages(), pages);
  assert.deepEqual(await staleReferencePages(), []);
});
