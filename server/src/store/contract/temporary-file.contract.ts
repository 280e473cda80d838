import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Where a test may have a database: in a folder of its own, which goes with it. */
export function temporaryFile(): { path: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), "countersign-store-"));
  return {
    path: join(folder, "countersign.db"),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
