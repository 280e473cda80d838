import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Locator, Page } from "playwright-core";
import { signInColleague, statusOf } from "./colleague.ts";
import { comparedPages, type ComparedPage } from "./compared-pages.ts";
import { furnish, furnishable } from "./furnished.ts";
import { signIn, startVisit, type Visit } from "./visit.ts";

/** What a person with the role `viewer` is shown, beside what an owner is. */

describe("a viewer cannot see or do what an owner can, page by page", () => {
  let visit: Visit;
  let viewer: Page;
  let endViewer: () => Promise<void>;
  let compared: readonly ComparedPage[];
  before(async () => {
    visit = await startVisit({ environment: furnishable });
    const { page, server } = visit;
    await signIn(page);
    compared = comparedPages(await furnish(page, server));
    const second = await signInColleague(visit, "viewer@example.com", ["viewer"]);
    viewer = second.page;
    endViewer = second.end;
  });
  after(async () => {
    await endViewer();
    await visit.end();
  });

  test("the navigation leads only to what the role shows", async () => {
    assert.deepEqual(await placesOf(viewer), ["API access", "API reference"]);
    const shown = await placesOf(visit.page);
    const known = compared.map(({ path }) => path.split("/")[1]?.split("?")[0] ?? "");
    for (const place of await pathsOf(visit.page)) {
      assert.ok(known.includes(place), `${place} is in the navigation, and is compared below`);
    }
    assert.ok(shown.includes("Signing keys"));
    await viewer.getByRole("link", { name: "API access" }).click();
    await viewer.waitForURL("**/apiAccess/apiKeys");
    await viewer.getByText("No API keys").waitFor();
    assert.equal(await viewer.getByRole("tab", { name: "App clients" }).count(), 0);
  });

  test("an owner has every control, and a viewer the reason why not", async () => {
    for (const { path, menu, controls, permission } of compared) {
      await visit.page.goto(`/console${path}`);
      if (menu !== undefined) await visit.page.getByRole("button", { name: menu }).click();
      for (const [role, name] of controls) {
        const control = controlOf(visit.page, role, name);
        await assert.doesNotReject(control.first().waitFor(), `${name} at ${path} for the owner`);
      }
      await viewer.goto(`/console${path}`);
      await viewer.getByText("Your role does not show").waitFor();
      await viewer.locator("code", { hasText: permission }).first().waitFor();
      for (const [role, name] of controls) {
        assert.equal(await controlOf(viewer, role, name).count(), 0, `${name} at ${path}`);
      }
      if (menu !== undefined) {
        assert.equal(await viewer.getByRole("button", { name: menu }).count(), 0);
      }
    }
  });

  test("the server refuses the viewer's session each of the acts", async () => {
    for (const { path, acts } of compared) {
      for (const act of acts) {
        const status = await statusOf(viewer, act);
        assert.equal(status, 403, `${act.method} ${act.path}, from ${path}`);
      }
    }
    assert.equal(await statusOf(visit.page, { method: "GET", path: "/v2/roles/librarian" }), 200);
  });

  test("the API reference begins with what the role can send", async () => {
    await viewer.goto("/reference");
    await viewer.getByPlaceholder("Paste an access token").waitFor();
    assert.ok(await viewer.getByRole("radio", { name: "Bearer Token" }).isChecked());
    assert.ok(await viewer.getByRole("radio", { name: "App client" }).isDisabled());
    await visit.page.goto("/reference");
    await visit.page.getByPlaceholder("Choose an app client").waitFor();
  });

  test("a viewer keeps what the role has: API keys of their own, no wider than the role", async () => {
    await viewer.goto("/console/apiAccess/apiKeys");
    await viewer.getByRole("button", { name: "Create API key" }).waitFor();
    const body = { name: "mine", api_key_role: "serving_and_indexing", corpus_keys: ["books"] };
    assert.equal(await statusOf(viewer, { method: "POST", path: "/v2/api_keys", body }), 403);
    const narrow = { ...body, api_key_role: "serving" };
    assert.equal(
      await statusOf(viewer, { method: "POST", path: "/v2/api_keys", body: narrow }),
      201,
    );
  });
});

const controlOf = (page: Page, role: ComparedPage["controls"][number][0], name: string): Locator =>
  page.getByRole(role, { name, exact: true });

const placesOf = (page: Page): Promise<string[]> =>
  page.getByRole("navigation", { name: "Main" }).getByRole("link").allInnerTexts();

/** The first segment below `/console` of every page that the navigation leads to. */
const pathsOf = async (page: Page): Promise<string[]> => {
  const links = await page.getByRole("navigation", { name: "Main" }).getByRole("link").all();
  const targets = await Promise.all(links.map((link) => link.getAttribute("href")));
  return targets
    .filter((target) => target?.startsWith("/console"))
    .map((target) => target!.split("/")[2] ?? "");
};
