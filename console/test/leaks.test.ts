import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { getToken, makeClient, reportLeak } from "./calls.ts";
import { signIn, startVisit, type Visit } from "./visit.ts";

describe("leaks in the console", () => {
  let visit: Visit;
  before(async () => {
    visit = await startVisit({});
    await signIn(visit.page, "/console/leaks");
  });
  after(() => visit.end());

  test("a leaked secret is seen, with what it could do, and put to rest", async () => {
    const { page, server, complaints } = visit;
    await page.getByText("Nothing has leaked").waitFor();
    const client = await makeClient(page, { name: "Billing", api_roles: ["corpus_viewer"] });
    await getToken(server, client.client_id, client.client_secret);
    const url = "https://code.example.com/<img src=x onerror=alert(1)>";
    await reportLeak(page, client.client_secret, url);
    await page.goto(`/console/apiAccess/appClients/${client.id}/overview`);
    await page.getByRole("link", { name: "Show the leaks" }).click();
    await page.getByRole("link", { name: /^Client secret …/ }).click();
    await page.getByText(url).waitFor();
    await page.getByText("corpora:query").waitFor();
    await page.getByRole("link", { name: "Billing" }).waitFor();
    assert.ok(
      !(await page.content()).includes(client.client_secret),
      "the secret itself is not there",
    );

    await page.getByLabel("Note").fill("Rotated by Ann");
    await page.getByRole("button", { name: "Mark as resolved" }).click();
    await page.getByText("Resolved", { exact: true }).waitFor();
    await page.getByRole("link", { name: "Leaks" }).first().click();
    await page.getByRole("combobox", { name: "Status" }).click();
    await page.getByRole("option", { name: "Open" }).click();
    await page.getByText("No such leaks").waitFor();
    await reportLeak(page, client.client_secret, "https://other.example.com/");
    await page.reload();
    await page.getByRole("link", { name: /^Client secret …/ }).click();
    await page.getByText("https://other.example.com/").waitFor();
    assert.equal(await page.getByLabel("Note").inputValue(), "Rotated by Ann");
    assert.deepEqual(complaints, []);
  });
});
