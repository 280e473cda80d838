import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Colours on their way to others would be judged in between; what turns for ever is not waited for. */
const stillness = `new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))).then(() =>
  Promise.allSettled(
    document
      .getAnimations()
      .filter(({ effect }) => Number.isFinite(effect?.getComputedTiming().endTime))
      .map(({ finished }) => finished),
  ).then(() => undefined),
)`;

/** What axe finds serious or worse on the page as it is shown: each rule, and where it is broken. */
export async function findSerious(page: Page, rules?: string[]): Promise<string[]> {
  await page.evaluate(stillness);
  if (!(await page.evaluate<boolean>("'axe' in globalThis"))) await page.evaluate(axe);
  const only = rules === undefined ? "{}" : `{ runOnly: ${JSON.stringify(rules)} }`;
  const { violations } = await page.evaluate<AxeResult>(
    `axe.run(${only}).then(({ violations }) => ({ violations }))`,
  );
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id} of ${nodes.map(({ html }) => html.slice(0, 200)).join(", ")}`);
}

interface AxeResult {
  violations: { id: string; impact: string; nodes: { html: string }[] }[];
}
