import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { getToken, makeClient, type MadeClient } from "./calls.ts";
import { signIn, startVisit, type Visit } from "./visit.ts";

const dayMs = 86_400_000;

describe("unused app clients in the console", () => {
  let visit: Visit;
  let unused: MadeClient[];
  let used: MadeClient;
  before(async () => {
    visit = await startVisit({});
    const { page, server } = visit;
    await signIn(page);
    const make = (name: string) => makeClient(page, { name, api_roles: ["viewer"] });
    unused = [await make("Old report"), await make("Forgotten import"), await make("Kept for now")];
    used = await make("Nightly export");
    server.clock.advance(100 * dayMs);
    assert.equal((await tokenOf(used)).status, 200);
    await signIn(page, "/console/unusedClients");
    // Uses are written down within a second or two.
    const list = page.getByRole("table", { name: "Unused app clients" });
    for (let looks = 0; looks < 20; looks += 1) {
      await page.reload();
      await list.getByText("Old report").waitFor();
      if ((await list.getByText("Nightly export").count()) === 0) return;
      await page.waitForTimeout(250);
    }
    assert.fail("a client that was used counts as unused");
  });
  after(() => visit.end());

  const tokenOf = (client: MadeClient) =>
    getToken(visit.server, client.client_id, client.client_secret);

  test("are disabled together, told by name, and enabled again one by one", async () => {
    const { page } = visit;
    const list = page.getByRole("table", { name: "Unused app clients" });
    assert.ok(await page.getByRole("button", { name: "Disable" }).isDisabled());
    await page.getByLabel("Choose Old report").check();
    await page.getByLabel("Choose Forgotten import").check();
    await page.getByRole("button", { name: "Disable 2" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Disable" }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await list.getByText("Disabled").nth(1).waitFor();
    assert.ok(await page.getByLabel("Choose Old report").isDisabled());
    const statuses = await Promise.all([unused[0]!, unused[1]!, used].map(tokenOf));
    assert.deepEqual(
      statuses.map(({ status }) => status),
      [401, 401, 200],
    );
    await list.getByRole("link", { name: "Old report" }).click();
    await page.getByRole("button", { name: "Actions" }).click();
    await page.getByRole("menuitem", { name: "Enable" }).click();
    await page.getByRole("button", { name: "Actions" }).click();
    await page.getByRole("menuitem", { name: "Disable" }).waitFor();
    assert.equal((await tokenOf(unused[0]!)).status, 200);
  });

  test("are looked for in another span, and what fails is told", async () => {
    const { page } = visit;
    await page.goto("/console/unusedClients");
    await page.route("**/v2/app_clients/*", (route) => route.abort());
    await page.getByLabel("Choose Kept for now").check();
    await page.getByRole("button", { name: "Disable 1" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Disable" }).click();
    await page.getByRole("alert").filter({ hasText: "Kept for now" }).waitFor();
    await page.getByRole("button", { name: "Close" }).last().click();
    await page.unroute("**/v2/app_clients/*");
    await page.getByRole("combobox", { name: "Unused for" }).click();
    await page.getByRole("option", { name: "180 days" }).click();
    await page.getByText("Nothing to clear up").waitFor();
  });
});

describe("many unused app clients in the console", () => {
  let visit: Visit;
  before(async () => {
    visit = await startVisit({});
    const { page, server } = visit;
    await signIn(page);
    const names = Array.from({ length: 27 }, (_, index) => `Spare ${10 + index}`);
    for (const name of names) await makeClient(page, { name, api_roles: ["viewer"] });
    server.clock.advance(100 * dayMs);
    await signIn(page, "/console/unusedClients");
  });
  after(() => visit.end());

  test("are chosen over pages, and what is chosen out of sight is counted and let go", async () => {
    const { page } = visit;
    await page.getByLabel("All on this page").check();
    await page.getByRole("button", { name: "Next" }).click();
    await page.getByText("25 more chosen on other pages").waitFor();
    await page.getByLabel("All on this page").check();
    await page.getByRole("button", { name: "Disable 27" }).waitFor();
    await page.getByRole("button", { name: "Previous" }).click();
    await page.getByText("2 more chosen on other pages").waitFor();
    await page.getByRole("button", { name: "Clear these" }).click();
    await page.getByRole("button", { name: "Disable 25" }).waitFor();
    assert.equal(await page.getByText("on other pages").count(), 0);
  });

  test("stop being disabled when one says so, and how far it came is told", async () => {
    const { page } = visit;
    let sent = 0;
    const third = Promise.withResolvers<void>();
    await page.route("**/v2/app_clients/*", async (route) => {
      sent += 1;
      if (sent === 3) await third.promise;
      await route.continue();
    });
    await page.getByRole("button", { name: "Disable 25" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: "Disable" }).click();
    await dialog.getByText("2 of 25").waitFor();
    await page.keyboard.press("Escape");
    await dialog.getByText("Stopping after the one that is on its way").waitFor();
    third.resolve();
    await dialog.getByText("3 of 25 were worked on: 3 disabled, 22 left as they were.").waitFor();
    await dialog.getByRole("button", { name: "Close" }).last().click();
    await page.getByRole("button", { name: "Disable 22" }).waitFor();
    assert.equal(sent, 3);
    const { app_clients } = await page.evaluate<{ app_clients: { enabled: boolean }[] }>(
      "fetch('/v2/app_clients?limit=100').then((response) => response.json())",
    );
    assert.equal(app_clients.filter(({ enabled }) => !enabled).length, 3);
    await page.unroute("**/v2/app_clients/*");
  });
});
