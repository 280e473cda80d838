import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { auditSubjects } from "@countersign/protocol/audit-subjects.ts";

const sources = fileURLToPath(new URL("..", import.meta.url));

test("every subject by which the audit log is filtered is one that some act is about, and none is left out", () => {
  const written = new Set<string>();
  for (const file of globSync("**/*.ts", { cwd: sources })) {
    if (/\.(test|contract)\.ts$/.test(file)) continue;
    const text = readFileSync(`${sources}/${file}`, "utf8");
    const acts = /\b(?:action: |auditAs\()["`]([a-z_]+)\./g;
    for (const [, subject] of text.matchAll(acts)) written.add(subject!);
  }
  assert.deepEqual([...written].toSorted(), [...auditSubjects].toSorted());
});
