import { rmSync } from "node:fs";
import { join } from "node:path";
import { makeDataFolder } from "../../../test/data-folder.ts";

/** Where a test may have a database: in a folder of its own, which goes with it. */
export function temporaryFile(): { path: string; remove(): void } {
  const folder = makeDataFolder();
  return {
    path: join(folder, "countersign.db"),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
