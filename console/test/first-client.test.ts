import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { clipboardOf, owner, startVisit, type Visit } from "./visit.ts";

describe("an administrator who has never read a manual", () => {
  let visit: Visit;
  before(async () => {
    visit = await startVisit({
      environment: {
        COUNTERSIGN_BOOTSTRAP_OWNER_EMAIL: "",
        COUNTERSIGN_BOOTSTRAP_OWNER_PASSWORD: "",
      },
    });
  });
  after(() => visit.end());

  test("goes from the setup link to a call that works, and sees it counted", async () => {
    const { page, server } = visit;
    await page.goto(`/setup?code=${server.app.setupCode}`);
    await page.getByLabel("Name", { exact: false }).first().fill("Ann Miller");
    await page.getByLabel("E-mail").fill(owner.email);
    await page.getByLabel("Password", { exact: true }).fill(owner.password);
    await page.getByRole("main").getByRole("button").click();
    await page.waitForURL((url) => !url.pathname.startsWith("/setup"));

    await page.goto("/");
    await page.getByRole("link", { name: "API access" }).click();
    await page.getByText("No app clients yet").waitFor();
    await page.getByRole("button", { name: "Create app client" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill("Billing service");
    await dialog.getByLabel("Description").fill("Writes invoices");
    await dialog.getByRole("combobox", { name: "Roles" }).click();
    await page.getByRole("option", { name: /^Corpus administrator/ }).click();
    await page.keyboard.press("Escape");
    await dialog.getByRole("button", { name: "Create", exact: true }).click();

    await dialog.getByText("Billing service is ready").waitFor();
    await dialog.getByRole("button", { name: "Copy client secret" }).click();
    await page.getByText("Copied").first().waitFor();
    const secret = await clipboardOf(page);
    assert.match(secret, /^cssk_/);

    await dialog.getByRole("button", { name: "Show me the first call" }).click();
    const code = page.getByLabel("Code in curl");
    assert.ok(!(await code.innerText()).includes(secret), "the secret is masked");
    await page.getByRole("button", { name: "Fill in the secret" }).click();
    await page.getByText(secret).waitFor();
    await page.getByRole("button", { name: "Copy code" }).click();
    const program = await clipboardOf(page);
    const { stdout } = await promisify(execFile)("sh", ["-c", program]);
    assert.ok(Array.isArray((JSON.parse(stdout) as { corpora: unknown }).corpora));

    await page.getByRole("tab", { name: "Overview" }).click();
    await page.getByText("1 tokens issued and 0 requests refused").waitFor({ state: "attached" });
    await page.getByRole("link", { name: "API access" }).click();
    const row = page.getByRole("row", { name: /Billing service/ });
    await row.getByText(/just now|seconds ago/).waitFor();
    assert.deepEqual(visit.complaints, []);
  });
});
