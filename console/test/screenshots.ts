import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { furnish, open, pagesOf } from "./furnished.ts";
import { signIn, startVisit } from "./visit.ts";

/**
 * Draws every page of the console: `npm run screenshots` into `docs/images`, or with `--width`, `--dark`
 * and `--to` as somebody else would see them.
 */

const { values } = parseArgs({
  options: {
    to: { type: "string", default: "docs/images" },
    width: { type: "string", default: "1440" },
    dark: { type: "boolean", default: false },
    /** Only pages of these names. */
    only: { type: "string", multiple: true },
  },
});

mkdirSync(values.to, { recursive: true });
const visit = await startVisit({
  browser: {
    viewport: { width: Number(values.width), height: 900 },
    colorScheme: values.dark ? "dark" : "light",
    reducedMotion: "reduce",
  },
});
try {
  const { page, server } = visit;
  await page.goto("/console");
  await page.getByLabel("E-mail").waitFor();
  await page.screenshot({ path: join(values.to, "sign-in.png") });
  await signIn(page);
  for (const shown of pagesOf(await furnish(page, server))) {
    if (values.only !== undefined && !values.only.includes(shown.name)) continue;
    await open(page, shown);
    await page.waitForLoadState("networkidle");
    await page.waitForTimeout(300);
    const isDialog = (await page.getByRole("dialog").count()) > 0;
    await page.screenshot({ path: join(values.to, `${shown.name}.png`), fullPage: !isDialog });
  }
} finally {
  await visit.end();
}
