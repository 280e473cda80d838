import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { isInCi } from "../../tools/npm.ts";
import { installPacked, type PackedProject } from "./package/packed-project.ts";
import { checkProgram } from "./package/program-check.ts";
import { findRuntime, runtimes } from "./package/runtime.ts";

/**
 * The program that `package.test.ts` runs on Node, on the other runtimes. npm brings them when this
 * test first runs. Without a network they are missing: then the run says so and goes on, but in CI
 * it fails.
 */
describe("the published package, beside Node", () => {
  let project: PackedProject;
  before(async () => {
    project = await installPacked();
  });
  after(() => project.remove());

  for (const runtime of runtimes) {
    test(`verifies tokens and asks for them on ${runtime.name}`, async (t) => {
      const found = await findRuntime(runtime);
      if ("why" in found) {
        t.diagnostic(`${runtime.name} DID NOT RUN: ${found.why}`);
        assert.equal(isInCi, false, found.why);
        return;
      }
      // Whatever it wants to remember goes with the project.
      const env = { HOME: project.folder, DENO_DIR: project.folder, DENO_NO_UPDATE_CHECK: "1" };
      const command = { file: found.file, args: runtime.args, env };
      const seen = await checkProgram(t, project.folder, command);
      assert.match(seen, new RegExp(`^${runtime.name}/`));
      t.diagnostic(`ran on ${seen}`);
    });
  }
});
