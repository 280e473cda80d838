import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A new folder for what a server or a store keeps: in memory, where the test run found room for it. */
export function makeDataFolder(): string {
  return mkdtempSync(join(process.env["COUNTERSIGN_TEST_FOLDER"] ?? tmpdir(), "cs-"));
}
