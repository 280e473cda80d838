import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { getToken, makeClient } from "./calls.ts";
import { clipboardOf, signIn, startVisit, type Visit } from "./visit.ts";

describe("the guided rotation", () => {
  let visit: Visit;
  before(async () => {
    visit = await startVisit({});
    await signIn(visit.page);
  });
  after(() => visit.end());

  test("replaces a secret step by step, and says who still uses the old one", async () => {
    const { page, server } = visit;
    const made = await makeClient(page, { name: "Importer" });
    const old = made.client_secret;
    const status = async (secret: string) =>
      (await getToken(server, made.client_id, secret)).status;
    assert.equal(await status(old), 200);

    await page.goto(`/console/apiAccess/appClients/${made.id}/credentials`);
    await page.getByRole("button", { name: "Start: add a secret" }).click();
    await page.getByText("Waiting for its first use").waitFor();
    await page.getByRole("button", { name: "Copy new secret" }).click();
    await page.getByText("Copied").first().waitFor();
    const fresh = await clipboardOf(page);
    assert.notEqual(fresh, old);
    assert.deepEqual([await status(old), await status(fresh)], [200, 200]);
    await page.getByText(/First used/).waitFor();
    await page.getByText("Not yet safe to remove").waitFor();

    await page.getByRole("button", { name: "Switch it off" }).click();
    await page.getByRole("button", { name: "Bring it back now" }).waitFor();
    assert.deepEqual([await status(old), await status(fresh)], [401, 200]);
    await page.getByRole("button", { name: "Bring it back now" }).click();
    await page.getByRole("button", { name: "Switch it off" }).waitFor();
    assert.equal(await status(old), 200);

    await page.getByRole("button", { name: "Revoke the old secret" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
    await page.getByRole("button", { name: "Start: add a secret" }).waitFor();
    await page.getByText("No longer accepted").waitFor();
    assert.deepEqual([await status(old), await status(fresh)], [401, 200]);
    assert.deepEqual(visit.complaints, []);
  });
});
