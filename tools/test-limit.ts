import { filesOfGroup } from "./test-groups.ts";

/**
 * Loaded into each test file's process: no test file takes the whole run hostage. The runner's own
 * timeout ends a test, but not a process in which something was left open.
 */
const limitMs = 240_000;

if (process.env["NODE_TEST_CONTEXT"] !== undefined) {
  const limit = setTimeout(() => {
    const open = process.getActiveResourcesInfo().join(", ");
    const [script = ""] = process.argv.slice(1);
    const files = filesOfGroup(script);
    const named = files.length === 0 ? script : files.join(" or ");
    console.error(`${named} did not end in ${limitMs / 1000} s; open: ${open}`);
    if (files.length > 1) console.error("`npm test -- <file>` gives one a process of its own.");
    process.exit(1);
  }, limitMs);
  limit.unref();
}
