import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Locator, Page } from "playwright-core";
import { signInColleague, statusOf, type Act } from "./colleague.ts";
import { furnish, furnishable, type Furnished } from "./furnished.ts";
import { signIn, startVisit, type Visit } from "./visit.ts";

/** What a person with the role `viewer` is shown, beside what an owner is. */

interface Compared {
  /** Below `/console`. */
  path: string;
  /** What the owner has there, by role and name. */
  controls: readonly (readonly ["button" | "link" | "tab" | "menuitem" | "combobox", string])[];
  /** Opens what some of the controls are in. */
  menu?: string;
  /** What they do, or read, which the server refuses a viewer. */
  acts: readonly Act[];
  permission: string;
}

const comparedPages = (made: Furnished): readonly Compared[] => {
  const { clientId, apiId, leakId, datasourceId, connectionId, webhookId } = made;
  const client = `/v2/app_clients/${clientId}`;
  const clientPage = `/apiAccess/appClients/${clientId}`;
  const datasource = `/v2/datasources/${datasourceId}`;
  const connection = `/v2/connections/${connectionId}`;
  const webhook = `/v2/webhooks/${webhookId}`;
  return [
    {
      path: "",
      controls: [["link", "Create app client"]],
      acts: [{ method: "GET", path: "/v2/usage" }],
      permission: "usage:read",
    },
    {
      path: "/apiAccess/appClients",
      menu: "Actions for Billing service",
      controls: [
        ["button", "Create app client"],
        ["menuitem", "Copy secret"],
        ["menuitem", "Edit"],
        ["menuitem", "Rotate secret"],
        ["menuitem", "Disable"],
        ["menuitem", "Delete"],
      ],
      acts: [
        {
          method: "POST",
          path: "/v2/app_clients",
          body: { name: "x", type: "client_credentials" },
        },
        { method: "PATCH", path: client, body: { enabled: false } },
        { method: "DELETE", path: client },
      ],
      permission: "app_clients:read",
    },
    {
      path: "/apiAccess/appClients?create",
      controls: [["button", "Cancel"]],
      acts: [],
      permission: "app_clients:read",
    },
    {
      path: `${clientPage}/overview`,
      controls: [
        ["button", "Actions"],
        ["tab", "Settings"],
      ],
      acts: [{ method: "GET", path: client }],
      permission: "app_clients:read",
    },
    {
      path: `${clientPage}/credentials`,
      controls: [["button", "Start: add a secret"]],
      acts: [
        { method: "POST", path: `${client}/credentials`, body: {} },
        { method: "GET", path: `${client}/credentials` },
      ],
      permission: "app_clients:read",
    },
    {
      path: `${clientPage}/examples`,
      controls: [["button", "Fill in the secret"]],
      acts: [{ method: "GET", path: `${client}/credentials` }],
      permission: "app_clients:read",
    },
    {
      path: `${clientPage}/settings`,
      controls: [["button", "Save"]],
      acts: [{ method: "PATCH", path: client, body: { api_roles: ["owner"] } }],
      permission: "app_clients:read",
    },
    {
      path: "/roles",
      controls: [
        ["button", "Create role"],
        ["button", "Register API"],
        ["button", "Explain"],
      ],
      acts: [
        { method: "POST", path: "/v2/roles", body: { name: "mine", permissions: [] } },
        {
          method: "POST",
          path: "/v2/apis",
          body: { name: "x", audience: "https://x.example.com", permissions: [] },
        },
      ],
      permission: "roles:read",
    },
    {
      path: "/roles/librarian",
      controls: [
        ["button", "Make one like it"],
        ["button", "Delete"],
        ["button", "Review and save"],
      ],
      acts: [
        { method: "PATCH", path: "/v2/roles/librarian", body: { permissions: ["roles:write"] } },
        { method: "DELETE", path: "/v2/roles/librarian" },
      ],
      permission: "roles:read",
    },
    {
      path: `/apis/${apiId}`,
      controls: [
        ["button", "Delete"],
        ["button", "Rotate"],
        ["button", "Save"],
      ],
      acts: [
        { method: "DELETE", path: `/v2/apis/${apiId}` },
        { method: "POST", path: `/v2/apis/${apiId}/verifier_credential/rotate`, body: {} },
      ],
      permission: "apis:read",
    },
    {
      path: "/datasources",
      controls: [
        ["link", "Create datasource"],
        ["button", "Import"],
      ],
      acts: [
        { method: "GET", path: "/v2/datasources" },
        {
          method: "POST",
          path: "/v2/datasources/import",
          body: { from: "appsmith", document: [] },
        },
      ],
      permission: "datasources:read",
    },
    {
      path: "/datasources/new",
      controls: [
        ["button", "Create"],
        ["button", "Check these settings"],
      ],
      acts: [
        {
          method: "POST",
          path: "/v2/datasources",
          body: { name: "x", base_url: "https://x.example.com", client_id: "x" },
        },
      ],
      permission: "datasources:read",
    },
    {
      path: `/datasources/${datasourceId}`,
      controls: [
        ["button", "Connect"],
        ["link", "Export"],
        ["button", "Delete"],
        ["tab", "Settings"],
      ],
      acts: [
        { method: "POST", path: `${datasource}/connections`, body: {} },
        { method: "GET", path: `${datasource}/export` },
        { method: "DELETE", path: datasource },
      ],
      permission: "datasources:read",
    },
    {
      path: `/connections/${connectionId}`,
      controls: [
        ["button", "Actions"],
        ["button", "Send"],
      ],
      acts: [
        { method: "POST", path: `${connection}/refresh` },
        { method: "GET", path: `${connection}/token` },
        { method: "GET", path: `${connection}/proxy/things` },
        { method: "DELETE", path: connection },
      ],
      permission: "connections:read",
    },
    {
      path: "/unusedClients",
      controls: [["combobox", "Unused for"]],
      acts: [{ method: "GET", path: "/v2/usage/unused_clients" }],
      permission: "usage:read",
    },
    {
      path: "/webhooks",
      menu: "Actions for https://hooks.example.com/countersign",
      controls: [
        ["button", "Create webhook"],
        ["menuitem", "Send test event"],
        ["menuitem", "Edit"],
        ["menuitem", "Rotate secret"],
        ["menuitem", "Disable"],
        ["menuitem", "Delete"],
      ],
      acts: [
        { method: "GET", path: "/v2/webhooks" },
        { method: "POST", path: "/v2/webhooks", body: { url: "https://x.example.com" } },
      ],
      permission: "webhooks:read",
    },
    {
      path: "/webhooks?create",
      controls: [["button", "Cancel"]],
      acts: [],
      permission: "webhooks:read",
    },
    {
      path: `/webhooks/${webhookId}`,
      controls: [
        ["button", "Send test event"],
        ["button", "Actions"],
        ["button", "Send again"],
      ],
      acts: [
        { method: "GET", path: webhook },
        { method: "PATCH", path: webhook, body: { enabled: false } },
        { method: "POST", path: `${webhook}/test` },
        { method: "POST", path: `${webhook}/rotate_secret` },
        { method: "GET", path: `${webhook}/deliveries` },
        { method: "POST", path: `${webhook}/deliveries/evt_x/replay` },
        { method: "DELETE", path: webhook },
      ],
      permission: "webhooks:read",
    },
    {
      path: "/team",
      menu: "Actions for ann@example.com",
      controls: [
        ["button", "Invite"],
        ["menuitem", "Edit"],
        ["menuitem", "New sign-in link"],
        ["menuitem", "Make owner"],
        ["menuitem", "Disable"],
        ["menuitem", "Delete"],
      ],
      acts: [
        { method: "GET", path: "/v2/users" },
        { method: "POST", path: "/v2/users", body: { email: "x@example.com" } },
        { method: "PATCH", path: "/v2/users/ann@example.com", body: { enabled: false } },
        { method: "DELETE", path: "/v2/users/ann@example.com" },
      ],
      permission: "users:list",
    },
    {
      path: "/audit",
      controls: [
        ["link", "Export"],
        ["button", "Verify"],
      ],
      acts: [
        { method: "GET", path: "/v2/audit_events" },
        { method: "GET", path: "/v2/audit_events/export" },
      ],
      permission: "audit_events:read",
    },
    {
      path: "/audit?verify",
      controls: [["button", "Start"]],
      acts: [{ method: "GET", path: "/v2/audit_events/export" }],
      permission: "audit_events:read",
    },
    {
      path: "/refusals",
      controls: [["button", "Look up"]],
      acts: [{ method: "GET", path: "/v2/refusals" }],
      permission: "refusals:read",
    },
    {
      path: "/leaks",
      controls: [["combobox", "Status"]],
      acts: [{ method: "GET", path: "/v2/leaks" }],
      permission: "leaks:read",
    },
    {
      path: `/leaks/${leakId}`,
      controls: [["button", "Mark as resolved"]],
      acts: [{ method: "PATCH", path: `/v2/leaks/${leakId}`, body: { status: "resolved" } }],
      permission: "leaks:read",
    },
    {
      path: "/signingKeys",
      controls: [["button", "Rotate now"]],
      acts: [{ method: "POST", path: "/v2/signing_keys/rotate", body: {} }],
      permission: "signing_keys:read",
    },
  ];
};

describe("a viewer cannot see or do what an owner can, page by page", () => {
  let visit: Visit;
  let viewer: Page;
  let endViewer: () => Promise<void>;
  let compared: readonly Compared[];
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

const controlOf = (page: Page, role: Compared["controls"][number][0], name: string): Locator =>
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
