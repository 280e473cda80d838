import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Browser, Locator, Page } from "playwright-core";
import { send } from "../../server/test/browser/browsing.ts";
import { launchChromium } from "../../server/test/browser/chromium.ts";
import { clipboardOf, owner, signIn, startVisit, type Visit } from "./visit.ts";

/** The team: from an invitation to a handed-over ownership, with both people in front of a browser. */

const bea = "bea@example.com";
const password = "another horse, another battery";

describe("the team in the console", () => {
  let visit: Visit;
  let browser: Browser;
  let invited: Page;
  before(async () => {
    visit = await startVisit({});
    // Of their own: contexts of the packaged browser were seen to share a session.
    browser = await launchChromium();
    const context = await browser.newContext({ baseURL: visit.server.url });
    context.setDefaultTimeout(15_000);
    invited = await context.newPage();
    await signIn(visit.page, "/console/team");
  });
  after(async () => {
    await browser.close();
    await visit.end();
  });

  const rowOf = (who: string): Locator => visit.page.getByRole("row", { name: who });

  /** Through the row's menu, up to the answer to what is asked there. */
  async function act(who: string, verb: string): Promise<void> {
    const { page } = visit;
    await page.getByRole("button", { name: `Actions for ${who}` }).click();
    await page.getByRole("menuitem", { name: verb, exact: true }).click();
    await page.getByRole("dialog").getByRole("button", { name: verb, exact: true }).click();
  }

  async function follow(link: string): Promise<void> {
    const { pathname, search } = new URL(link);
    await invited.goto(pathname + search);
    await send(invited, { password });
    await invited.getByRole("button", { name: /^Account of Bea/i }).waitFor();
  }

  test("somebody is invited by a link, and signs in with the roles that were given", async () => {
    const { page } = visit;
    await page.getByRole("button", { name: "Invite" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("E-mail").fill(bea);
    await dialog.getByRole("combobox", { name: "Roles" }).click();
    await page.getByRole("option", { name: /^Viewer/ }).click();
    await page.keyboard.press("Escape");
    await dialog.getByRole("button", { name: "Invite" }).click();
    await dialog.getByRole("button", { name: "Copy link" }).click();
    const link = await clipboardOf(page);
    assert.ok(link.startsWith(`${visit.server.url}/invitation?code=`), link);
    await dialog.getByRole("button", { name: "I have passed it on" }).click();
    await rowOf(bea).getByText("Viewer").waitFor();
    await follow(link);
    await invited.goto("/console/team");
    await invited.getByText("Your role does not show this").waitFor();
  });

  test("somebody is found by a part of the name or of the e-mail", async () => {
    const { page } = visit;
    await page.getByLabel("Search by name or e-mail").fill("BEA@exa");
    await rowOf(owner.email).waitFor({ state: "detached" });
    await rowOf(bea).waitFor();
    await page.getByLabel("Search by name or e-mail").fill("bea.*");
    await page.getByText("Nobody is called so").waitFor();
    await page.getByLabel("Search by name or e-mail").fill("");
    await rowOf(owner.email).waitFor();
  });

  test("what is changed is obeyed at once, also where somebody is signed in", async () => {
    const { page } = visit;
    await page.getByRole("button", { name: `Actions for ${bea}` }).click();
    await page.getByRole("menuitem", { name: "Edit" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill("Bea");
    await dialog.getByRole("combobox", { name: "Roles" }).click();
    await page.getByRole("option", { name: /^Administrator/ }).click();
    await page.keyboard.press("Escape");
    await dialog.getByRole("button", { name: "Save" }).click();
    await rowOf("Bea").getByText("Administrator").waitFor();
    await invited.reload();
    await invited.getByRole("button", { name: "Invite" }).waitFor();

    await act(bea, "Disable");
    await rowOf("Bea").getByText("Disabled").filter({ visible: true }).waitFor();
    await invited.reload();
    await invited.getByRole("button", { name: "Sign in" }).waitFor();
    await act(bea, "Enable");
    await rowOf("Bea").getByText("Enabled").waitFor();
  });

  test("a new link ends the password before it", async () => {
    const { page } = visit;
    await act(bea, "New sign-in link");
    await page.getByRole("button", { name: "Copy link" }).waitFor();
    // It is shown this once: a slip does not take it away.
    await page.keyboard.press("Escape");
    await page.mouse.click(5, 5);
    await page.getByRole("button", { name: "Copy link" }).click();
    const link = await clipboardOf(page);
    await page.getByRole("button", { name: "I have passed it on" }).click();
    await follow(link);
  });

  test("ownership is handed over in two steps, and the last owner stays", async () => {
    const { page } = visit;
    await act(owner.email, "Give up ownership");
    await page.getByRole("alert").waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
    await rowOf(owner.email).getByText("Owner", { exact: true }).waitFor();

    await act(bea, "Make owner");
    await rowOf("Bea").getByText("Owner", { exact: true }).waitFor();
    await act(owner.email, "Give up ownership");
    await rowOf(owner.email).getByText("Administrator").waitFor();
    await invited.goto("/console/team");
    await invited.getByRole("button", { name: `Actions for ${owner.email}` }).click();
    await invited.getByRole("menuitem", { name: "Make owner" }).waitFor();
  });
});
