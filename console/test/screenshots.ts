import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Page } from "playwright-core";
import { furnish, furnishable, open, pagesOf } from "./furnished.ts";
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

const width = Number(values.width);
const usualHeight = 900;

/** As high as the page is, so that what sticks to the window is drawn as it is seen. */
async function fit(page: Page): Promise<void> {
  await page.setViewportSize({ width, height: usualHeight });
  const isDialog = (await page.getByRole("dialog").count()) > 0;
  await page.waitForTimeout(200);
  const height = await page.evaluate<number>("document.documentElement.scrollHeight");
  if (!isDialog) await page.setViewportSize({ width, height: Math.max(height, usualHeight) });
  await page.waitForTimeout(200);
}

mkdirSync(values.to, { recursive: true });
const visit = await startVisit({
  environment: furnishable,
  browser: {
    viewport: { width, height: usualHeight },
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
    await fit(page);
    await page.screenshot({ path: join(values.to, `${shown.name}.png`) });
  }
  if (values.only === undefined || values.only.includes("reference")) {
    await page.goto("/reference");
    await page.getByRole("heading", { name: "Corpora" }).first().waitFor();
    await page.waitForTimeout(1_000);
    await page.screenshot({ path: join(values.to, "reference.png") });
  }
} finally {
  await visit.end();
}
