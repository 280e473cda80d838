import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

test("an operator who copies the guide starts what `npm start` does", () => {
  const root = new URL("../", import.meta.url);
  const { scripts } = JSON.parse(readFileSync(new URL("package.json", root), "utf8")) as {
    scripts: { start: string };
  };
  const guide = readFileSync(new URL("docs/guides/operating.md", root), "utf8");
  assert.ok(guide.split("\n").includes(`NODE_ENV=production ${scripts.start}`));
});
