import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import type { InProcessServer } from "../server.ts";
import { findFaults, openSight, send, startNamedServer } from "./browsing.ts";
import { launchChromium } from "./chromium.ts";

const owner = { email: "ann@example.com", password: "a horse, a battery and a staple" };

describe("passkeys in a browser", () => {
  let browser: Browser;
  let server: InProcessServer;
  before(async () => {
    browser = await launchChromium();
    server = await startNamedServer({
      COUNTERSIGN_BOOTSTRAP_OWNER_EMAIL: owner.email,
      COUNTERSIGN_BOOTSTRAP_OWNER_PASSWORD: owner.password,
    });
  });
  after(async () => {
    await server.stop();
    await browser.close();
  });

  /** A device that is built into the browser's machine, and asks for a finger. */
  async function plugIn(page: Page, isThere = true) {
    const devtools = await page.context().newCDPSession(page);
    await devtools.send("WebAuthn.enable");
    const { authenticatorId } = await devtools.send("WebAuthn.addVirtualAuthenticator", {
      options: {
        protocol: "ctap2",
        transport: "internal",
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: isThere,
        automaticPresenceSimulation: true,
      },
    });
    const verify = (isUserVerified: boolean) =>
      devtools.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified });
    return { verify };
  }

  const pathOf = (page: Page): string => new URL(page.url()).pathname;
  const click = (page: Page, name: string) => page.getByRole("button", { name }).click();

  test("are enrolled with a name, sign in without a password, and are removed", async () => {
    const { page, complaints } = await openSight(browser);
    const at = (path: string) => page.goto(server.url + path);
    const device = await plugIn(page);
    await at("/login");
    assert.deepEqual(await findFaults(page), []);
    await send(page, owner);
    await at("/account/factors");
    assert.deepEqual(await findFaults(page), []);
    await page.locator("#passkey_name").fill("Laptop");
    await click(page, "Add a passkey");
    await page.locator(".codes li").nth(9).waitFor();
    await at("/account/factors");
    assert.match(await page.locator(".rows").innerText(), /Laptop\s+Passkey · since/);
    await click(page, "Add a passkey");
    const problem = page.getByRole("alert").filter({ visible: true });
    await problem.waitFor();
    assert.match(await problem.innerText(), /has a passkey for you already/);

    await page.context().clearCookies();
    await device.verify(false);
    await at("/login");
    await click(page, "Sign in with a passkey");
    await problem.waitFor();
    assert.match(await problem.innerText(), /No passkey was used/);
    await device.verify(true);
    await at("/login?return_to=/account/factors");
    await page.waitForURL("**/account/factors");

    await click(page, "Remove");
    await page.waitForLoadState();
    assert.equal(await page.locator(".rows").count(), 0);
    assert.deepEqual(complaints, []);
  });

  test("are the second step after a password, and confirm who is there", async () => {
    const { page } = await openSight(browser);
    const at = (path: string) => page.goto(server.url + path);
    await plugIn(page);
    await at("/login");
    await send(page, owner);
    await at("/account/factors");
    await click(page, "Add a passkey");
    await page.locator(".codes li").nth(9).waitFor();
    await page.context().clearCookies();
    // Without what the browser offers by itself there: the password comes first.
    await page.addInitScript(
      "PublicKeyCredential.isConditionalMediationAvailable = async () => false",
    );
    await at("/login");
    await send(page, owner);
    assert.equal(pathOf(page), "/login/second");
    assert.deepEqual(await findFaults(page), []);
    await click(page, "Use a passkey");
    await page.waitForURL("**/console");
    server.clock.advance(15 * 60_000);
    await at("/account/factors");
    assert.equal(pathOf(page), "/login/confirm");
    assert.deepEqual(await findFaults(page), []);
    await click(page, "Use a passkey");
    await page.waitForURL("**/account/factors");
  });
});
