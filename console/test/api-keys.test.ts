import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { clipboardOf, signIn, startVisit, type Visit } from "./visit.ts";

describe("API keys in the console", () => {
  let visit: Visit;
  before(async () => {
    visit = await startVisit({});
    await signIn(visit.page, "/console/apiAccess/apiKeys");
  });
  after(() => visit.end());

  test("live from being shown once to being deleted", async () => {
    const { page, server } = visit;
    await page.getByText("risky in production").waitFor();
    await page.getByRole("button", { name: "Create API key" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill("Playground");
    await dialog.getByLabel("Personal").check();
    await dialog.getByText("Whoever finds this key is you").waitFor();
    await dialog.getByRole("button", { name: "Create", exact: true }).click();
    await dialog.getByRole("button", { name: "Copy API key" }).click();
    await page.getByText("Copied").first().waitFor();
    const key = await clipboardOf(page);
    assert.match(key, /^cspk_/);
    await dialog.getByRole("button", { name: "I have kept it" }).click();
    await page.reload();
    await page.getByText(`cspk_…${key.slice(-4)}`).waitFor();
    assert.ok(!(await page.content()).includes(key), "it is not shown again");

    const status = async (): Promise<number> =>
      (await fetch(`${server.url}/v2/app_clients`, { headers: { "x-api-key": key } })).status;
    const choose = async (name: string): Promise<void> => {
      await page.getByRole("button", { name: "Actions for Playground" }).click();
      await page.getByRole("menuitem", { name }).click();
    };
    assert.equal(await status(), 200);
    await choose("Disable");
    await dialog.getByRole("button", { name: "Disable" }).click();
    await page.getByText("Disabled").waitFor();
    assert.equal(await status(), 401);
    const one = "**/v2/api_keys/*";
    await page.route(one, (route) => route.fulfill({ status: 503 }));
    await choose("Enable");
    await page.getByText("Not available for the moment").waitFor();
    await page.unroute(one);
    await choose("Enable");
    await page.getByText("Active").waitFor();
    assert.equal(await status(), 200);
    await choose("Delete");
    await dialog.getByRole("button", { name: "Delete" }).click();
    await page.getByText("No API keys").waitFor();
    assert.equal(await status(), 401);
  });

  test("are bound to the corpora that were named", async () => {
    const { page } = visit;
    await page.getByRole("button", { name: "Create API key" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill("Docs search");
    await dialog.getByRole("combobox", { name: "Corpora" }).fill("handbook");
    await page.keyboard.press("Enter");
    await dialog.getByRole("button", { name: "Create", exact: true }).click();
    await dialog.getByRole("button", { name: "I have kept it" }).click();
    const row = page.getByRole("row", { name: /Docs search/ });
    await row.getByText("handbook").waitFor();
  });
});
