import type { Browser, Page } from "playwright-core";
import { fromBase32, totpCodeAt } from "../../src/people/totp.ts";
import { freePort, startServer, type InProcessServer } from "../server.ts";
import { findSerious } from "./axe.ts";

/** A server that browsers know by a name, as passkeys need it, and what a reader of its pages does. */

export async function startNamedServer(
  environment: Record<string, string> = {},
): Promise<InProcessServer> {
  const port = String(await freePort());
  const url = `http://localhost:${port}`;
  const named = { COUNTERSIGN_PORT: port, COUNTERSIGN_PUBLIC_URL: url };
  const server = await startServer({ ...named, ...environment });
  return { ...server, url };
}

export interface Sight {
  page: Page;
  /** What the browser complained about, such as what the content policy forbids. */
  complaints: string[];
}

/** A page of a browser that knows nothing yet. */
export async function openSight(
  browser: Browser,
  options: Parameters<Browser["newContext"]>[0] = {},
): Promise<Sight> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    // A refused form is an answer with an error status, which browsers mention too.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) {
      complaints.push(message.text());
    }
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  return { page, complaints };
}

/** Fills in the form that has the first of the fields, and sends it. */
export async function send(page: Page, fields: Record<string, string>): Promise<void> {
  const [first] = Object.keys(fields);
  const form = page.locator("form", { has: page.locator(`[name="${first}"]:visible`) });
  for (const [name, value] of Object.entries(fields)) {
    await form.locator(`[name="${name}"]:visible`).fill(value);
  }
  await form.locator("button[type=submit]:visible").first().click();
  await page.waitForLoadState();
}

/** The code of the authenticator app that the page offers, some steps of half a minute from now. */
export async function offeredCodes(
  page: Page,
  server: InProcessServer,
): Promise<(ahead: number) => string> {
  const secret = (await page.locator("code.key").innerText()).trim();
  return (ahead) => totpCodeAt(fromBase32(secret), Math.floor(server.clock.now() / 30_000) + ahead);
}

const sizes = [
  { width: 1440, height: 900, colorScheme: "light" },
  { width: 390, height: 844, colorScheme: "dark" },
] as const;

/** What keeps a page from being read by everybody: in light and dark, wide and narrow. */
export async function findFaults(page: Page): Promise<string[]> {
  const faults: string[] = [];
  for (const { width, height, colorScheme } of sizes) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.setViewportSize({ width, height });
    const where = `${new URL(page.url()).pathname} at ${width} in ${colorScheme}`;
    for (const serious of await findSerious(page)) faults.push(`${where}: ${serious}`);
    const isCut = await page.evaluate<boolean>(
      "document.documentElement.scrollWidth > document.documentElement.clientWidth",
    );
    if (isCut) faults.push(`${where}: scrolls sideways`);
  }
  return faults;
}
