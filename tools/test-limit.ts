/**
 * Loaded into each test file's process: no test file takes the whole run hostage. The runner's own
 * timeout ends a test, but not a process in which something was left open.
 */
const limitMs = 240_000;

if (process.env["NODE_TEST_CONTEXT"] !== undefined) {
  setTimeout(() => {
    const open = process.getActiveResourcesInfo().join(", ");
    console.error(`${process.argv[1]} did not end in ${limitMs / 1000} s; open: ${open}`);
    process.exit(1);
  }, limitMs).unref();
}
