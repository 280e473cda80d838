import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import type { User } from "@countersign/protocol/admin/users.ts";
import { call } from "../calls.ts";
import type { InProcessServer } from "../server.ts";
import { findFaults, offeredCodes, openSight, send, startNamedServer } from "./browsing.ts";
import { launchChromium } from "./chromium.ts";

const password = "a horse, a battery and a staple";
const email = "ann@example.com";

describe("the pages in a browser", () => {
  let browser: Browser;
  let server: InProcessServer;
  before(async () => {
    browser = await launchChromium();
  });
  after(() => browser.close());

  /** From the setup link to a second factor, and back in; `look` sees every page on the way. */
  async function walk(page: Page, look: () => Promise<void>): Promise<void> {
    const { url, app } = server;
    const at = async (path: string): Promise<void> => {
      await page.goto(url + path);
      await look();
    };
    await at("/setup");
    await at(`/setup?code=${app.setupCode}`);
    await send(page, { email, password: "password1234" });
    assert.match(await page.getByRole("alert").innerText(), /easily guessed/);
    await look();
    await send(page, { email, password });
    assert.equal(new URL(page.url()).pathname, "/console");
    await at("/account");
    await at("/account/factors");
    const wrong = { code: "000000" };
    await send(page, wrong);
    await look();
    const codeAt = await offeredCodes(page, server);
    await send(page, { code: codeAt(0), name: "Phone" });
    assert.equal(await page.locator(".codes li").count(), 10);
    await look();
    await at("/account/factors");
    await at("/login/confirm?return_to=/account");
    await at("/logout");
    await page.getByRole("main").getByRole("button", { name: "Sign out" }).click();
    await look();
    await send(page, { email, password: "not the password" });
    await look();
    await send(page, { email, password });
    await look();
    await send(page, wrong);
    await look();
    await send(page, { code: codeAt(1) });
    assert.equal(new URL(page.url()).pathname, "/console");
    await at("/setup");
    await at("/invitation?code=x");
    await at(await invitation(page));
  }

  /** Where somebody whom the signed-in owner invites is sent. */
  async function invitation(page: Page): Promise<string> {
    const cookies = await page.context().cookies();
    const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
    const { body } = await call<User>(server, "POST", "/v2/users", {
      body: { email: "guest@example.com", name: "Guest" },
      headers: { cookie, origin: server.url },
    });
    const { pathname, search } = new URL(body.sign_in_url!);
    return pathname + search;
  }

  const started = async (): Promise<void> => {
    server = await startNamedServer({ COUNTERSIGN_BOOTSTRAP_API_KEY: "" });
  };

  test("can be read by everybody, in light and dark, on a desk and on a phone (B13, H6)", async () => {
    await started();
    try {
      const { page, complaints } = await openSight(browser);
      const faults: string[] = [];
      await walk(page, async () => void faults.push(...(await findFaults(page))));
      assert.deepEqual(faults, []);
      assert.deepEqual(complaints, [], "the content policy allows all that the pages need");
    } finally {
      await server.stop();
    }
  });

  test("work without JavaScript", async () => {
    await started();
    try {
      const { page, complaints } = await openSight(browser, { javaScriptEnabled: false });
      await walk(page, async () => undefined);
      assert.deepEqual(complaints, []);
    } finally {
      await server.stop();
    }
  });
});
