import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Page } from "playwright-core";
import { findSerious } from "../../server/test/browser/axe.ts";
import { furnish, furnishable, open, pagesOf, type ShownPage } from "./furnished.ts";
import { signIn, startVisit, type Visit } from "./visit.ts";

async function seriousInBoth(page: Page): Promise<[string, string][]> {
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  const light = await findSerious(page);
  await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
  // Only colours are others in the dark.
  const dark = await findSerious(page, ["color-contrast"]);
  return [
    ...light.map((serious): [string, string] => ["light", serious]),
    ...dark.map((serious): [string, string] => ["dark", serious]),
  ];
}

/** Charts draw themselves anew, which takes a moment. */
async function fits(page: Page, width: number): Promise<boolean> {
  for (let looks = 0; looks < 50; looks += 1) {
    const shown = await page.evaluate<number>("document.documentElement.scrollWidth");
    if (shown <= width) return true;
    await page.waitForTimeout(100);
  }
  return false;
}

describe("every page of the console", () => {
  let visit: Visit;
  let pages: readonly ShownPage[];
  before(async () => {
    visit = await startVisit({ environment: furnishable });
    const { page, server } = visit;
    await signIn(page);
    pages = pagesOf(await furnish(page, server));
  });
  after(() => visit.end());

  test("has nothing serious for axe to find, light and dark, and fits from 390 to 2560 pixels", async () => {
    const { page } = visit;
    const found: unknown[] = [];
    for (const one of pages) {
      await open(page, one);
      for (const serious of await seriousInBoth(page)) found.push([one.name, ...serious]);
      for (const width of [390, 768, 1440, 2560]) {
        await page.setViewportSize({ width, height: 900 });
        if (!(await fits(page, width))) found.push([one.name, `is wider than ${width}`]);
      }
      await page.setViewportSize({ width: 1280, height: 900 });
    }
    assert.deepEqual(found, []);
  });

  test("names the time zone, and is reached by keyboard", async () => {
    const { page } = visit;
    await open(page, pages[0]!);
    await page.getByText("Times are in Europe/Berlin").waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate("document.activeElement?.id"), "content");
  });

  test("runs nothing that its policy forbids (H6)", () => {
    assert.deepEqual(visit.complaints, []);
  });

  test("signs out, and comes back to where one was", async () => {
    const { page } = visit;
    await page.goto("/console/audit");
    await page.getByRole("button", { name: /^Account of/ }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await page.waitForURL("**/login");
    await signIn(page, "/console/audit");
    await page.getByText("App client created").first().waitFor();
    assert.equal(new URL(page.url()).pathname, "/console/audit");
  });
});
