import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { planGroups } from "./test-groups.ts";

describe("the groups of test files", () => {
  const texts: Readonly<Record<string, string>> = {
    "a.test.ts": `describe("a", () => before(async () => startServer()));`,
    "b.test.ts": `const hooks = 1;\nbeforeEach(() => undefined);`,
    "c.test.ts": `test("c", () => assert.ok(true));`,
    "d.test.ts": `mock.timers.enable();`,
    "e.test.ts": `process.env["ZONE"] = "UTC";`,
    "f.test.ts": `const server = await spawnServer();`,
    "h.test.ts": `const pair = await spawnPair();`,
    "i.test.ts": `const visit = await startVisit(server);`,
    "j.test.ts": `const scene = usageScene();`,
    "g.test.ts": `const path = process.env["PATH"];`,
  };
  const textOf = (file: string): string => texts[file] ?? "";

  test("put together what keeps to itself, and begin with what starts processes and browsers, in turn", () => {
    assert.deepEqual(planGroups(Object.keys(texts), textOf), [
      ["f.test.ts"],
      ["i.test.ts"],
      ["h.test.ts"],
      ["a.test.ts", "c.test.ts", "g.test.ts"],
      ["b.test.ts"],
      ["d.test.ts"],
      ["e.test.ts"],
      ["j.test.ts"],
    ]);
  });

  test("have every file once, and few each", () => {
    const files = Array.from({ length: 100 }, (_, index) => `${index}.test.ts`);
    const groups = planGroups(files, () => "");
    assert.deepEqual(groups.flat().toSorted(), files.toSorted());
    assert.ok(groups.every(({ length }) => length <= 6));
  });
});
