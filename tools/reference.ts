/**
 * Writes `docs/reference/`: what the code knows and a reader looks up. Nothing in it is written by
 * hand, so it cannot say anything else than the code; tidy fails while a page is stale.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { errorsPage } from "./reference/errors.ts";
import { permissionsPage } from "./reference/permissions.ts";
import { schemaPage } from "./reference/schema.ts";
import { gitleaksRules, trufflehogDetectors } from "./reference/scanner-rules.ts";
import { secretsPage } from "./reference/secrets.ts";
import { settingsPage } from "./reference/settings.ts";
import { standardsPage } from "./reference/standards.ts";
import { root } from "./tidy/repository.ts";

const folder = "docs/reference";
const makers: Readonly<Record<string, () => string | Promise<string>>> = {
  "settings.md": settingsPage,
  "errors.md": errorsPage,
  "permissions.md": permissionsPage,
  "secrets.md": secretsPage,
  "gitleaks.toml": gitleaksRules,
  "trufflehog.yaml": trufflehogDetectors,
  "schema.md": schemaPage,
  "standards.md": standardsPage,
};
const notice = "Generated from the code by `npm run reference`; a change by hand is lost.";
const noticeIn = (name: string): string =>
  name.endsWith(".md") ? `<!-- ${notice} -->` : `# ${notice}`;

if (import.meta.main) await writeReferencePages();

async function writeReferencePages(): Promise<void> {
  await mkdir(join(root, folder), { recursive: true });
  for (const [path, text] of await referencePages()) await writeFile(join(root, path), text);
}

/** The paths of the pages that are missing or that a fresh run would change. */
export async function staleReferencePages(): Promise<string[]> {
  const stale: string[] = [];
  for (const [path, text] of await referencePages()) {
    const written = await readFile(join(root, path), "utf8").catch(() => undefined);
    if (written !== text) stale.push(path);
  }
  return stale;
}

/** Every page by its path. */
export async function referencePages(): Promise<Map<string, string>> {
  const pages = new Map<string, string>();
  for (const [name, make] of Object.entries(makers)) {
    pages.set(`${folder}/${name}`, `${noticeIn(name)}\n\n${(await make()).trim()}\n`);
  }
  return pages;
}
