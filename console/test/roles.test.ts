import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { getToken, makeClient } from "./calls.ts";
import { signIn, startVisit, type Visit } from "./visit.ts";

describe("roles and APIs in the console", () => {
  let visit: Visit;
  before(async () => {
    visit = await startVisit({});
    await signIn(visit.page, "/console/roles");
  });
  after(() => visit.end());

  const listRoles = async (token: string | undefined): Promise<number> => {
    const headers = { authorization: `Bearer ${token}` };
    return (await fetch(`${visit.server.url}/v2/roles`, { headers })).status;
  };

  test("a role is made, given, and what its change would break is told first", async () => {
    const { page, server } = visit;
    await page.getByRole("button", { name: "Create role" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill("librarian");
    await dialog.getByLabel("Search permissions").fill("roles:");
    await dialog.getByRole("checkbox", { name: "roles:read" }).check();
    await dialog.getByRole("checkbox", { name: "roles:write" }).check();
    await dialog.getByRole("button", { name: "Create", exact: true }).click();
    await page.getByRole("heading", { name: "Librarian" }).waitFor();
    await page.getByText("Nobody holds this role").waitFor();

    const client = await makeClient(page, { name: "Night reader", api_roles: ["librarian"] });
    const token = async (): Promise<string | undefined> =>
      (await getToken(server, client.client_id, client.client_secret)).body.access_token;
    assert.equal(await listRoles(await token()), 200);
    assert.equal(await listRoles(await token()), 200);
    server.clock.advance(61_000);

    await page.reload();
    await page.getByRole("link", { name: "Night reader" }).waitFor();
    await page.getByRole("checkbox", { name: "roles:read" }).uncheck();
    // What was used is written with the next second.
    for (;;) {
      await page.getByRole("button", { name: "Review and save" }).click();
      const verb = dialog.getByRole("button", { name: /^Save/ });
      await verb.and(page.locator(":enabled")).waitFor();
      if ((await verb.textContent()) === "Save anyway") break;
      await dialog.getByRole("button", { name: "Cancel" }).click();
      await page.waitForTimeout(200);
    }
    await dialog.getByText("1 holder uses roles:read").waitFor();
    await dialog.getByText("2 calls in the last 30 days").waitFor();
    // The number is of what was seen, and says so.
    await dialog.getByText("It may be more.").waitFor();
    await dialog.getByText(/verifies tokens for itself tells nobody/).waitFor();
    await dialog.getByRole("link", { name: "Night reader" }).waitFor();
    const before = await token();
    await dialog.getByRole("button", { name: "Cancel" }).click();
    assert.equal(await listRoles(before), 200, "nothing was changed yet");
    await page.getByRole("button", { name: "Review and save" }).click();
    await dialog.getByRole("button", { name: "Save anyway" }).click();
    await page.getByText("Librarian is changed").waitFor();
    assert.equal(await listRoles(before), 401, "the token that said so counts no longer");
    assert.equal(await listRoles(await token()), 403);
  });

  test("why somebody may do something, or not", async () => {
    const { page } = visit;
    await page.goto("/console/roles");
    await page.getByRole("combobox", { name: "Who" }).click();
    await page.getByRole("option", { name: "Night reader" }).click();
    const ask = async (permission: string): Promise<void> => {
      await page.getByRole("combobox", { name: "Permission" }).fill(permission);
      await page.getByRole("option", { name: permission }).click();
      await page.getByRole("button", { name: "Explain" }).click();
    };
    await ask("roles:write");
    await page.getByText("Allowed by the role librarian for the whole account").waitFor();
    await ask("roles:read");
    await page.getByText("No role that it holds permits roles:read").waitFor();
  });

  test("a role that is held goes only after who has it was shown", async () => {
    const { page } = visit;
    await page.goto("/console/roles/librarian");
    await page.getByRole("button", { name: "Delete" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("1 holder feels it at once").waitFor();
    await dialog.getByRole("button", { name: /^Delete/ }).click();
    await page.getByText("Librarian is deleted").waitFor();
    await page.getByRole("link", { name: "Corpus developer" }).waitFor();
    assert.equal(await page.getByRole("link", { name: "Librarian" }).count(), 0);
  });

  test("a built-in role cannot be changed, but one like it made", async () => {
    const { page } = visit;
    await page.goto("/console/roles/corpus_developer");
    await page.getByText("Built in").waitFor();
    assert.equal(await page.getByRole("button", { name: "Review and save" }).count(), 0);
    await page.getByRole("button", { name: "Make one like it" }).click();
    const dialog = page.getByRole("dialog");
    assert.ok(await dialog.getByRole("checkbox", { name: "documents:write" }).isChecked());
    await dialog.getByLabel("Name").fill("Bad Name");
    await dialog.getByText("Begin with a letter").waitFor();
    assert.ok(await dialog.getByRole("button", { name: "Create", exact: true }).isDisabled());
  });

  test("an API is registered, changed, and its secret rotated", async () => {
    const { page, server } = visit;
    await page.goto("/console/roles");
    await page.getByRole("button", { name: "Register API" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill("Invoices");
    await dialog.getByLabel("Audience").fill("https://invoices.example.com");
    await dialog.getByLabel("Permission 1", { exact: true }).fill("Invoices");
    await dialog.getByRole("button", { name: "Register" }).click();
    await dialog.getByRole("alert").waitFor();
    await dialog.getByLabel("Permission 1", { exact: true }).fill("invoices:read");
    await dialog.getByLabel("What permission 1 permits").fill("List and read invoices");
    await dialog.getByRole("button", { name: "Register" }).click();
    await dialog.getByRole("button", { name: "Show verifier secret" }).click();
    const first = await dialog.getByText(/^csvk_/).textContent();
    await dialog.getByRole("button", { name: "I have kept it" }).click();
    await page.waitForURL("**/apis/api_*");

    const isKnown = async (secret: string | null): Promise<boolean> => {
      const id = page.url().split("/").at(-1);
      const response = await fetch(`${server.url}/oauth2/introspect`, {
        method: "POST",
        headers: { authorization: `Basic ${btoa(`${id}:${secret}`)}` },
        body: new URLSearchParams({ token: "nothing" }),
      });
      return response.status === 200;
    };
    assert.equal(await isKnown(first), true);
    await page.getByRole("button", { name: "Rotate" }).click();
    await dialog.getByRole("combobox").click();
    await page.getByRole("option", { name: "Not at all: it leaked" }).click();
    await dialog.getByRole("button", { name: "Rotate" }).click();
    const show = dialog.getByRole("button", { name: "Show verifier secret" });
    await show.waitFor();
    // It is shown this once: a slip does not take it away.
    await page.keyboard.press("Escape");
    await page.mouse.click(5, 5);
    await show.click();
    const second = await dialog.getByText(/^csvk_/).textContent();
    await dialog.getByRole("button", { name: "I have kept it" }).click();
    assert.deepEqual([await isKnown(first), await isKnown(second)], [false, true]);

    await page.getByLabel("Tokens live for, in seconds").fill("120");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Invoices is saved").waitFor();
    await page.reload();
    assert.equal(await page.getByLabel("Tokens live for, in seconds").inputValue(), "120");
    await page.getByRole("button", { name: "Delete" }).click();
    await dialog.getByRole("button", { name: "Delete" }).click();
    await page.getByText("Invoices is deleted").waitFor();
    assert.equal(await isKnown(second), false);
  });
});
