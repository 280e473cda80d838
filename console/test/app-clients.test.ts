import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { getToken, makeClient } from "./calls.ts";
import { clipboardOf, owner, signIn, startVisit, type Visit } from "./visit.ts";

describe("app clients in the console", () => {
  let visit: Visit;
  before(async () => {
    visit = await startVisit({});
    await signIn(visit.page);
  });
  after(() => visit.end());

  const openMenu = async (name: string): Promise<void> => {
    await visit.page.goto("/console/apiAccess/appClients");
    await visit.page.getByRole("button", { name: `Actions for ${name}` }).click();
  };
  const choose = (name: string) => visit.page.getByRole("menuitem", { name }).click();

  test("disables one, and explains the refusal that its caller got", async () => {
    const { page, server } = visit;
    const made = await makeClient(page, { name: "Search box" });
    assert.equal((await getToken(server, made.client_id, made.client_secret)).status, 200);
    await openMenu("Search box");
    await choose("Disable");
    await page.getByRole("dialog").getByRole("button", { name: "Disable" }).click();
    await page
      .getByRole("row", { name: /Search box/ })
      .getByText("Disabled")
      .last()
      .waitFor();

    const refused = await getToken(server, made.client_id, made.client_secret);
    assert.equal(refused.status, 401);
    await page.getByRole("link", { name: "Refusals" }).click();
    await page.getByRole("textbox", { name: "Reference id" }).fill(refused.body.request_id!);
    await page.getByRole("button", { name: "Look up" }).click();
    const answer = page.getByRole("region", { name: "Look up a reference id" });
    await answer
      .getByText(/disabled/i)
      .first()
      .waitFor();
    await answer.getByRole("link", { name: "Search box" }).waitFor();

    const wrong = await getToken(server, made.client_id, "cssk_wrong");
    assert.equal(wrong.status, 401);
    await page.goto("/console/refusals");
    const row = page.getByRole("row", { name: wrong.body.request_id! });
    await row.getByRole("link", { name: "Wrong secret" }).click();
    await answer.getByText("Compare the end of the secret").waitFor();
    assert.equal(
      await answer.getByText("`").count(),
      0,
      "names stand as code, without their marks",
    );
    const asked = page.getByRole("textbox", { name: "Reference id" });
    assert.equal(await asked.inputValue(), wrong.body.request_id);

    await openMenu("Search box");
    await choose("Enable");
    await page
      .getByRole("row", { name: /Search box/ })
      .getByText("Active")
      .last()
      .waitFor();
    assert.equal((await getToken(server, made.client_id, made.client_secret)).status, 200);
  });

  test("copies a secret, and after a while asks first whether it is still you (S17)", async () => {
    const { page, server } = visit;
    const made = await makeClient(page, { name: "Nightly import" });
    await openMenu("Nightly import");
    await choose("Copy secret");
    await page.getByText("The secret of Nightly import is copied.").waitFor();
    assert.equal(await clipboardOf(page), made.client_secret);

    server.clock.advance(20 * 60_000);
    await openMenu("Nightly import");
    await choose("Copy secret");
    await page.getByText("confirm that it is still you").waitFor();
    await page.getByRole("dialog").getByRole("link", { name: "Confirm" }).click();
    await page.getByLabel("Password").fill(owner.password);
    await page.getByRole("main").getByRole("button").click();
    const dialog = page.getByRole("dialog");
    assert.equal(await dialog.getByText(made.client_secret).count(), 0, "it is masked");
    await dialog.getByRole("button", { name: "Show client secret" }).click();
    await dialog.getByText(made.client_secret).waitFor();
  });

  test("searches by name on the server, without regard to case and to patterns", async () => {
    const { page } = visit;
    for (const name of ["Plain", "a.b (c)"]) await makeClient(page, { name });
    await page.goto("/console/apiAccess/appClients");
    await page.getByLabel("Search by name").fill("A.B (");
    await page.getByRole("link", { name: "a.b (c)" }).waitFor();
    await page.getByRole("link", { name: "Plain" }).waitFor({ state: "detached" });
    await page.getByLabel("Search by name").fill("a+b");
    await page.getByText("No app client has such a name").waitFor();
  });

  test("turns pages that the server cuts, newest first", async () => {
    const { page } = visit;
    for (let index = 0; index < 27; index += 1) await makeClient(page, { name: `Paged ${index}` });
    await page.goto("/console/apiAccess/appClients");
    await page.getByRole("link", { name: "Paged 26" }).waitFor();
    await page.getByRole("button", { name: "Next" }).click();
    await page.getByRole("link", { name: "Paged 1", exact: true }).waitFor();
    await page.getByRole("button", { name: "Previous" }).click();
    await page.getByRole("link", { name: "Paged 26" }).waitFor();
  });

  test("takes a role away where it stands, and deletes", async () => {
    const { page, server } = visit;
    const made = await makeClient(page, { name: "To go", api_roles: ["corpus_viewer"] });
    await page.goto(`/console/apiAccess/appClients/${made.id}/settings`);
    await page.getByLabel("Description").fill("Changed here");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("To go is saved.").waitFor();
    await openMenu("To go");
    await choose("Delete");
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await page.getByText("To go is deleted.").waitFor();
    assert.equal((await getToken(server, made.client_id, made.client_secret)).status, 401);
  });

  test("says when a costly search has found nothing so far, and goes on with it", async () => {
    const { page } = visit;
    const long = "very ".repeat(49);
    const found = `${"sought ".repeat(27)}one`;
    await makeClient(page, { name: found });
    // So many names and so long a search are more work than one page may cost.
    await Promise.all(
      Array.from({ length: 90 }, (_, index) => makeClient(page, { name: `${long}${index}` })),
    );
    await page.goto("/console/apiAccess/appClients");
    await page.getByLabel("Search by name").fill(found);
    await page.getByText("Nothing found so far").waitFor();
    const goOn = page.getByRole("button", { name: "Go on searching" });
    const link = page.getByRole("link", { name: found });
    for (let pages = 0; pages < 10 && (await link.count()) === 0; pages += 1) {
      await goOn.click();
      await goOn.or(link).and(page.locator(":enabled, a")).first().waitFor();
    }
    await link.waitFor();
    await page.getByLabel("Search by name").fill("no such name");
    await page.getByText("No app client has such a name").waitFor();
  });
});
