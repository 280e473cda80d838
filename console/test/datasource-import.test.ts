import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { findFaults } from "../../server/test/browser/browsing.ts";
import { post } from "./calls.ts";
import { loseAnswer, signIn, startVisit, type Visit } from "./visit.ts";

const oauth = (name: string, tokenUrl: string) => ({
  name,
  datasourceConfiguration: {
    url: "https://crm.example.com/api",
    headers: [{ key: "x-team", value: "blue" }],
    authentication: {
      authenticationType: "oAuth2",
      grantType: "client_credentials",
      accessTokenUrl: tokenUrl,
      clientId: "appsmith-client",
    },
  },
});
const ofAppsmith = {
  datasourceList: [
    oauth("CRM", "https://crm.example.com/token"),
    oauth("Broken", "nonsense"),
    { name: "DB", datasourceConfiguration: { authentication: { authType: "dbAuth" } } },
  ],
};

describe("importing datasources in the console", () => {
  let visit: Visit;
  before(async () => {
    visit = await startVisit({});
    await signIn(visit.page, "/console/datasources");
  });
  after(() => visit.end());

  const dialog = () => visit.page.getByRole("dialog");
  const press = (name: string | RegExp) => dialog().getByRole("button", { name }).click();
  const lineOf = (name: string) =>
    dialog().getByRole("list", { name: "Datasources of the export" }).locator("> li", {
      hasText: name,
    });

  test("a file that is no export is told, and changes nothing", async () => {
    const { page } = visit;
    await page.getByRole("button", { name: "Import" }).click();
    assert.ok(await dialog().getByRole("button", { name: "See what" }).isDisabled());
    const chooser = page.waitForEvent("filechooser");
    await press("Choose a file");
    const bad = {
      name: "notes.json",
      mimeType: "application/json",
      buffer: Buffer.from("no json"),
    };
    await (await chooser).setFiles(bad);
    await press("See what would be done");
    await dialog().getByText("This is not JSON").waitFor();
    await dialog().getByRole("textbox", { name: "Export" }).fill('{"some": "thing"}');
    await press("See what would be done");
    await dialog().getByText("is not an export of appsmith").first().waitFor();
    await dialog().getByRole("textbox", { name: "Export" }).fill('{"datasourceList": []}');
    await press("See what would be done");
    await dialog().getByText("There is no datasource in this export").waitFor();
    assert.ok(await dialog().getByRole("button", { name: "Nothing to import" }).isDisabled());
    await press("Back");
    await dialog().getByRole("textbox", { name: "Export" }).waitFor();
  });

  test("what would be done is shown first, then done once, with links to it", async () => {
    const { page } = visit;
    await dialog().getByRole("textbox", { name: "Export" }).fill(JSON.stringify(ofAppsmith));
    await press("See what would be done");
    await lineOf("CRM").getByText("Will be created", { exact: true }).waitFor();
    await lineOf("CRM").getByText("secret").first().waitFor();
    await lineOf("CRM").getByText("Headers").first().waitFor();
    await lineOf("Broken").getByText("access_token_url").waitFor();
    await lineOf("DB").getByText("Left out").waitFor();
    assert.deepEqual(await findFaults(page), []);
    const before = await count();
    assert.equal(before, 0);

    // The answer is lost once: the same key creates nothing twice.
    const { lost } = await loseAnswer(visit, "/v2/datasources/import");
    await press("Import 1");
    await dialog().getByText("The server cannot be reached").waitFor();
    assert.equal(await lost, 200);
    await press("Back");
    await press("See what would be done");
    await press("Import 1");
    await lineOf("CRM").getByText("Created", { exact: true }).waitFor();
    await lineOf("Broken").getByText("Refused", { exact: true }).waitFor();
    assert.equal(await count(), 1);
    await lineOf("CRM").getByRole("link", { name: "CRM" }).click();
    await page.getByRole("heading", { name: "CRM" }).waitFor();
    const url = await page.getByLabel("Access Token URL").inputValue();
    assert.equal(url, "https://crm.example.com/token");
  });

  test("an export has no secret in it, and is taken as it is", async () => {
    const { page, complaints } = visit;
    const { id } = await post<{ id: string }>(page, "/v2/datasources", {
      name: "Ledger",
      base_url: "https://ledger.example.com",
      access_token_url: "https://ledger.example.com/token",
      authorization_url: "https://ledger.example.com/authorize",
      client_id: "us",
      client_secret: "the-secret-of-the-ledger",
    });
    await page.goto(`/console/datasources/${id}`);
    const download = page.waitForEvent("download");
    await page.getByRole("link", { name: "Export" }).click();
    const file = await download;
    assert.equal(file.suggestedFilename(), "Ledger.json");
    const text = readFileSync(await file.path(), "utf8");
    assert.ok(!text.includes("the-secret-of-the-ledger"));
    await page.getByRole("link", { name: "Datasources" }).last().click();
    await page.getByRole("button", { name: "Import" }).click();
    const chooser = page.waitForEvent("filechooser");
    await press("Choose a file");
    const chosen = { name: "x.json", mimeType: "application/json", buffer: Buffer.from(text) };
    await (await chooser).setFiles(chosen);
    await press("See what would be done");
    await lineOf("Ledger").getByText("client_secret").waitFor();
    await press("Import 1");
    await lineOf("Ledger").getByText("Created", { exact: true }).waitFor();
    assert.equal(await count(), 3);
    assert.deepEqual(complaints, []);
  });

  const count = (): Promise<number> =>
    visit.page.evaluate<number>(
      "fetch('/v2/datasources?limit=100').then((r) => r.json()).then((all) => all.datasources.length)",
    );
});
