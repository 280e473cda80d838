import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { BrowserContext, BrowserContextOptions, Page, Route } from "playwright-core";
import { startServer, type InProcessServer } from "../../server/test/server.ts";
import { launchChromium } from "../../server/test/browser/chromium.ts";

/** A server, and somebody in front of a real browser. */

export const owner = { email: "owner@example.com", password: "a horse, a battery and a staple" };

export interface Visit {
  server: InProcessServer;
  page: Page;
  context: BrowserContext;
  /** What the browser complained about: scripts that failed, policies that were broken. */
  complaints: string[];
  end(): Promise<void>;
}

export async function startVisit(options: {
  environment?: Record<string, string>;
  browser?: BrowserContextOptions;
}): Promise<Visit> {
  if (!existsSync(fileURLToPath(new URL("../dist/index.html", import.meta.url)))) {
    throw new Error("The console is not built: npx vite build console");
  }
  const server = await startServer({
    COUNTERSIGN_BOOTSTRAP_API_KEY: "",
    COUNTERSIGN_BOOTSTRAP_OWNER_EMAIL: owner.email,
    COUNTERSIGN_BOOTSTRAP_OWNER_PASSWORD: owner.password,
    ...options.environment,
  });
  const browser = await launchChromium();
  const context = await browser.newContext({
    baseURL: server.url,
    viewport: { width: 1280, height: 900 },
    permissions: ["clipboard-read", "clipboard-write"],
    timezoneId: "Europe/Berlin",
    locale: "en-GB",
    // Nothing is judged by how it moves, and what does not move is not waited for.
    reducedMotion: "reduce",
    ...options.browser,
  });
  context.setDefaultTimeout(15_000);
  await context.addInitScript(drawPlainly);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (/Content Security Policy|Refused to/.test(message.text())) complaints.push(message.text());
  });
  return {
    server,
    page,
    context,
    complaints,
    async end() {
      await browser.close();
      await server.stop();
    },
  };
}

/** What is behind a dialog is blurred anew for each blink of a caret, and nothing here looks at it. */
const drawPlainly = `{
  const plain = new CSSStyleSheet();
  plain.replaceSync("* { backdrop-filter: none !important; }");
  document.adoptedStyleSheets.push(plain);
}`;

/** From the sign-in page to where it returns to. */
export async function signIn(page: Page, path = "/console"): Promise<void> {
  await page.goto(path);
  await page.getByLabel("E-mail").fill(owner.email);
  await page.getByLabel("Password").fill(owner.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("navigation", { name: "Main" }).waitFor();
}

export const clipboardOf = (page: Page): Promise<string> =>
  page.evaluate("navigator.clipboard.readText()");

/** The next request there arrives, and its answer does not; resolves with the status that it had. */
export async function loseAnswer(
  { page, server }: Visit,
  path: string,
): Promise<{ lost: Promise<number> }> {
  const { promise: lost, resolve, reject } = Promise.withResolvers<number>();
  const lose = async (route: Route): Promise<void> => {
    // Sent by the test itself it would have no origin, and be refused.
    const headers = { ...route.request().headers(), origin: server.url };
    await route.fetch({ headers }).then((answer) => resolve(answer.status()), reject);
    await route.abort();
  };
  await page.route(`**${path}`, lose, { times: 1 });
  return { lost };
}
