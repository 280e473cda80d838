import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { get, makeClient, patch, post } from "./calls.ts";
import { loseAnswer, owner, signIn, startVisit, type Visit } from "./visit.ts";

/** Forms, while the world around them changes. */

interface Stored {
  name: string;
  description: string;
}

describe("what somebody types in the console", () => {
  let visit: Visit;
  before(async () => {
    visit = await startVisit({});
    await signIn(visit.page);
  });
  after(() => visit.end());

  /** As when somebody comes back from another window, long enough after. */
  const comeBack = async (): Promise<void> => {
    const { page } = visit;
    await page.waitForTimeout(staleMs);
    await page.evaluate(
      "dispatchEvent(new Event('focus')), dispatchEvent(new Event('visibilitychange'))",
    );
    await page.waitForLoadState("networkidle");
  };

  test("survives a change by another administrator, and neither overwrites the other", async () => {
    const { page } = visit;
    const { id } = await makeClient(page, { name: "Shared", description: "As it was" });
    const path = `/v2/app_clients/${id}`;
    await page.goto(`/console/apiAccess/appClients/${id}/settings`);
    const description = page.getByLabel("Description");
    const name = page.getByRole("textbox", { name: "Name" });
    await patch(page, path, { name: "Shared by two" });
    await comeBack();
    await page.getByRole("heading", { name: "Shared by two" }).waitFor();
    assert.equal(await name.inputValue(), "Shared by two", "nobody had begun, so it follows");

    await description.fill("Mine, and long thought about");
    await patch(page, path, { name: "Shared by three" });
    await comeBack();
    await page.getByRole("heading", { name: "Shared by three" }).waitFor();
    assert.equal(await description.inputValue(), "Mine, and long thought about");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("It has changed since you read it").waitFor();
    assert.equal(await description.inputValue(), "Mine, and long thought about");
    const { name: storedName, description: storedWords } = await get<Stored>(page, path);
    assert.deepEqual([storedName, storedWords], ["Shared by three", "As it was"]);

    await page.getByRole("button", { name: "Drop mine and show what is stored" }).click();
    assert.equal(await name.inputValue(), "Shared by three");
    await description.fill("Mine, on top of theirs");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Shared by three is saved.").waitFor();
    await description.fill("And once more");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Mine, on top of theirs").waitFor({ state: "detached" });
    assert.equal((await get<Stored>(page, path)).description, "And once more");
  });

  test("survives a slip beside the dialog, and Escape leads back to where it was opened", async () => {
    const { page } = visit;
    const name = `<img src=x>${"Endless".repeat(27)}`;
    const { id } = await makeClient(page, { name, description: "x".repeat(400) });
    await page.setViewportSize({ width: 390, height: 800 });
    await page.goto(`/console/apiAccess/appClients/${id}`);
    await page.getByRole("heading", { name, exact: true }).waitFor();
    const tooWide = "document.documentElement.scrollWidth > innerWidth";
    assert.equal(await page.evaluate(tooWide), false, "a long word is broken");
    await page.setViewportSize({ width: 1280, height: 900 });

    await post(page, "/v2/api_keys", { name, api_key_role: "serving", corpus_keys: ["books"] });
    await page.goto("/console/apiAccess/apiKeys");
    await page.getByRole("row", { name }).waitFor();
    assert.equal(await page.evaluate(tooWide), false, "also in a list");

    await page.goto("/console/apiAccess/appClients");
    const focused = page.locator(":focus");
    const create = page.getByRole("button", { name: "Create app client" });
    await create.press("Enter");
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill("Nearly lost");
    await page.mouse.click(5, 5);
    assert.equal(await dialog.getByLabel("Name").inputValue(), "Nearly lost");
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    await create.and(focused).waitFor();

    const menu = page.getByRole("button", { name: `Actions for ${name}` });
    await menu.press("Enter");
    await page.getByRole("menuitem", { name: "Delete" }).press("Enter");
    const title = await dialog.getByRole("heading").first().boundingBox();
    const box = await dialog.boundingBox();
    assert.ok(title!.x + title!.width <= box!.x + box!.width);
    await page.keyboard.press("Escape");
    await menu.and(focused).waitFor();
  });

  test("is made once, also when the answer was lost and it is sent again", async () => {
    const { page } = visit;
    await page.goto("/console/apiAccess/appClients?create");
    const dialog = page.getByRole("dialog", { name: "Create app client" });
    await dialog.getByLabel("Name").fill("Made once");
    const { lost } = await loseAnswer(visit, "/v2/app_clients");
    const create = dialog.getByRole("button", { name: "Create", exact: true });
    await create.click();
    await dialog.getByRole("alert").waitFor();
    assert.equal(await lost, 201);
    await create.click();
    await page.getByText("Made once is ready").waitFor();
    await page.getByRole("button", { name: "Done" }).click();
    const path = "/v2/app_clients?filter=Made%20once";
    assert.equal((await get<{ app_clients: unknown[] }>(page, path)).app_clients.length, 1);
  });

  test("survives the end of the session", async () => {
    const { page, context } = visit;
    await page.goto("/console/apiAccess/appClients?create");
    const dialog = page.getByRole("dialog", { name: "Create app client" });
    await dialog.getByLabel("Name").fill("Long thought about");
    await context.clearCookies();
    await dialog.getByRole("button", { name: "Create", exact: true }).click();
    const notice = page.getByRole("dialog", { name: "You are signed out" });
    await notice.waitFor();
    const link = notice.getByRole("link", { name: "Sign in in a new tab" });
    assert.equal(await link.getAttribute("target"), "_blank");

    const { status } = await context.request
      .post("/login", {
        form: { email: owner.email, password: owner.password },
        headers: { origin: visit.server.url },
        maxRedirects: 0,
      })
      .then((answer) => ({ status: answer.status() }));
    assert.equal(status, 303);
    await page.evaluate("dispatchEvent(new Event('focus'))");
    await notice.waitFor({ state: "detached" });
    assert.equal(await dialog.getByLabel("Name").inputValue(), "Long thought about");
    await dialog.getByRole("button", { name: "Create", exact: true }).click();
    await page.getByText("Long thought about is ready").waitFor();
  });
});

/** What was asked for is not asked for again so soon. */
const staleMs = 5_100;
