import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";
import { furnish, furnishable, open, pagesOf, type ShownPage } from "./furnished.ts";
import { signIn, startVisit, type Visit } from "./visit.ts";

interface Axe {
  run(options: { runOnly?: string[] }): Promise<AxeResults>;
}

const axe = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");

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

  const seriousOn = async (rules?: string[]): Promise<unknown[]> => {
    const { page } = visit;
    // Colours are judged when nothing moves any more.
    await page.waitForTimeout(300);
    await page.evaluate(axe);
    const { violations } = await page.evaluate(
      (only) =>
        (globalThis as unknown as { axe: Axe }).axe.run(
          only === undefined ? {} : { runOnly: only },
        ),
      rules,
    );
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, nodes }) => [id, nodes.map(({ html }) => html.slice(0, 200))]);
  };

  test("has nothing serious for axe to find, light and dark", async () => {
    const { page } = visit;
    const found: unknown[] = [];
    for (const one of pages) {
      await open(page, one);
      await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
      for (const serious of await seriousOn()) found.push([one.name, "light", serious]);
      await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
      // Only colours are others in the dark.
      const inTheDark = await seriousOn(["color-contrast"]);
      for (const serious of inTheDark) found.push([one.name, "dark", serious]);
    }
    assert.deepEqual(found, []);
  });

  test("fits from 390 to 2560 pixels", async () => {
    const { page } = visit;
    for (const one of pages) {
      await open(page, one);
      for (const width of [390, 768, 1440, 2560]) {
        await page.setViewportSize({ width, height: 900 });
        assert.ok(await fits(page, width), `${one.name} is wider than ${width}`);
      }
    }
    await page.setViewportSize({ width: 1280, height: 900 });
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

  test("goes to the sign-in page when the session has ended, and comes back", async () => {
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
