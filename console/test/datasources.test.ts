import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Connection } from "@countersign/protocol/admin/connections.ts";
import type { Datasource } from "@countersign/protocol/admin/datasources.ts";
import type { Page, Route } from "playwright-core";
import {
  loopback,
  startOutsideProvider,
  type OutsideProvider,
} from "../../server/test/outbound/provider.ts";
import { get } from "./calls.ts";
import { clipboardOf, signIn, startVisit, type Visit } from "./visit.ts";

describe("datasources in the console", () => {
  let visit: Visit;
  let provider: OutsideProvider;
  before(async () => {
    provider = await startOutsideProvider();
    visit = await startVisit({ environment: loopback });
    await signIn(visit.page, "/console/datasources");
  });
  after(async () => {
    await visit.end();
    await provider.stop();
  });

  test("an API is described with the fields of the form, and refused where one is wrong", async () => {
    const { page, server } = visit;
    await page.getByText("No datasources yet").waitFor();
    await page.getByRole("link", { name: "Create datasource" }).click();
    await page.getByRole("textbox", { name: "Name", exact: true }).fill("Calendar");
    await page.getByRole("textbox", { name: "URL", exact: true }).fill(`${provider.url}/api`);
    await page.getByLabel("Access Token URL").fill("not a url");
    await page.getByLabel("Client ID").fill("the-client");
    await page.getByLabel("Client Secret").fill("the-secret-of-the-datasource");
    await page.getByLabel("Scope(s)").fill("read, write");
    await page.getByLabel("Authorization URL").fill(`${provider.url}/authorize`);
    await page.getByRole("button", { name: "Add a parameter" }).click();
    await page.getByLabel("Custom Authentication Parameters: name 1").fill("prompt");
    await page.getByLabel("Custom Authentication Parameters: value 1").fill("consent");
    await page.getByRole("combobox", { name: "Client Authentication" }).click();
    await page.getByRole("option", { name: "Send client credentials in body" }).click();
    await page.getByRole("button", { name: "Copy redirect URL" }).click();
    assert.equal(await clipboardOf(page), `${server.url}/api/v1/datasources/authorize`);
    await page.getByRole("button", { name: "Create" }).click();
    await page.getByRole("alert").waitFor();
    await page.getByLabel("Access Token URL").fill("http://127.0.0.1:9/token");
    await page.getByRole("button", { name: "Check these settings" }).click();
    await page.getByText("Nobody answers there").waitFor();
    await page.getByLabel("Access Token URL").fill(`${provider.url}/token`);
    await page.getByRole("button", { name: "Create" }).click();
    await page.getByRole("heading", { name: "Calendar" }).waitFor();
    await page.getByText("Nothing is connected yet").waitFor();
  });

  /** An answer that somebody on the way has changed (H11). */
  async function sendsNobodyTo(page: Page, connectUrl: string): Promise<void> {
    const hostile = async (route: Route): Promise<void> => {
      const response = await route.fetch();
      const connection = (await response.json()) as Connection;
      await route.fulfill({ response, json: { ...connection, connect_url: connectUrl } });
    };
    const path = /\/v2\/connections\/[^/]+$/;
    await page.route(path, hostile);
    const popup = page.waitForEvent("popup");
    await page.getByRole("button", { name: "Connect now" }).click();
    await page.getByText("The link that came is none of the web").waitFor();
    const opened = await popup;
    if (!opened.isClosed()) await opened.waitForEvent("close");
    assert.notEqual(await page.title(), "taken");
    await page.unroute(path, hostile);
  }

  test("is connected in a window, renewed, used and deleted, and leads to no script (H11)", async () => {
    const { page } = visit;
    await page.getByRole("button", { name: "Connect" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Go on" }).click();
    await page.getByRole("heading", { name: "Calendar, the team's" }).waitFor();
    await page.getByText("Not connected").first().waitFor();
    await sendsNobodyTo(page, "javascript:opener.document.title='taken'");
    const popup = page.waitForEvent("popup");
    await page.getByRole("button", { name: "Connect now" }).click();
    const opened = await popup;
    await opened.getByRole("heading", { name: "Connected" }).waitFor();
    await page.getByText("Connected", { exact: true }).first().waitFor();
    assert.match(opened.url(), /\/api\/v1\/datasources\/authorize\?/);
    await opened.close();

    await page.getByRole("button", { name: "Refresh now" }).click();
    await page.getByText("The token was renewed").waitFor();
    assert.equal(provider.refreshes(), 1);
    await page.getByLabel("Path and query").fill("/things?limit=2");
    await page.getByRole("button", { name: "Send" }).click();
    await page.getByText("/api/things?limit=2").waitFor();
    assert.equal(provider.apiRequests.at(-1)!.url, "/api/things?limit=2");
    provider.onApi = (_request, response) => {
      response.writeHead(302, { location: `${visit.server.url}/v2/datasources` }).end();
      return true;
    };
    await page.getByRole("button", { name: "Send" }).click();
    await page.getByText("The API answered with a redirect").waitFor();
    provider.onApi = undefined;
    await page.getByLabel("Path and query").fill("../../con_other");
    await page.getByRole("button", { name: "Send" }).click();
    await page.getByText("must not have segments of dots").waitFor();
    const shown = await page.content();
    for (const token of provider.accessTokens)
      assert.ok(!shown.includes(token), "a token is shown");
    await page.getByRole("cell", { name: "Connection connected" }).waitFor();

    provider.refreshTokens.clear();
    await page.getByRole("button", { name: "Refresh now" }).click();
    await page.getByText("Reconnect needed").waitFor();
    await page.getByText("The provider said:").waitFor();
    await page.getByRole("button", { name: /400\s*Refresh/ }).click();
    await page.getByText("refresh_token=$REFRESH_TOKEN").first().waitFor();
    await page.getByRole("link", { name: "Calendar" }).click();
    await page.getByRole("combobox", { name: "State" }).click();
    await page.getByRole("option", { name: "Reconnect needed" }).click();
    await page.getByRole("link", { name: "The team's" }).click();
    await page.getByRole("button", { name: "Actions" }).click();
    await page.getByRole("menuitem", { name: "Delete" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await page.getByText("The connection is deleted").waitFor();
  });

  test("keeps its secret to itself, and says what a change would cost", async () => {
    const { page } = visit;
    await page.goto("/console/datasources");
    await page.getByLabel("Search by name").fill("no such");
    await page.getByText("No datasource has such a name").waitFor();
    await page.getByLabel("Search by name").fill("lend");
    await page.getByRole("link", { name: "Calendar" }).click();
    await page.getByRole("tab", { name: "Settings" }).click();
    await page.getByLabel("Client ID").waitFor();
    assert.equal(await page.getByLabel("Client Secret").inputValue(), "");
    assert.ok(!(await page.content()).includes("the-secret-of-the-datasource"));
    await page.getByRole("button", { name: "More settings" }).click();
    await page.getByLabel("Introspection URL").fill(`${provider.url}/introspect`);
    await page.getByLabel("Audience").fill("https://calendar.example.com");
    await page.getByRole("button", { name: "Add a line" }).nth(1).click();
    await page.getByLabel("Custom token headers: name 1").fill("x-key");
    await page.getByLabel("Custom token headers: value 1").fill("sealed-value");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Calendar is saved").waitFor();
    await page.reload();
    await page.getByRole("button", { name: "More settings" }).click();
    await page.getByText("Stored: x-key").waitFor();
    const introspection = await page.getByLabel("Introspection URL").inputValue();
    assert.equal(introspection, `${provider.url}/introspect`);
    await page.getByLabel("Audience").fill("https://calendar.example.com/");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Calendar is saved").waitFor();
    await page.reload();
    await page.getByRole("button", { name: "More settings" }).click();
    await page.getByText("Stored: x-key").waitFor();
    await page.getByLabel("Audience").fill("https://calendar.example.com");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Calendar is saved").waitFor();
    await page.reload();
    await page.getByRole("button", { name: "More settings" }).click();
    assert.equal(await page.getByLabel("Audience").inputValue(), "https://calendar.example.com");
    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByText("Nothing is connected to it").waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await page.getByText("No datasources yet").waitFor();
  });

  test("knows what a provider wants, and asks for what only you know", async () => {
    const { page, complaints } = visit;
    await page.getByRole("link", { name: "Create datasource" }).click();
    await page.getByRole("combobox", { name: "Provider" }).fill("Shopify");
    await page.getByRole("option", { name: "Shopify" }).click();
    assert.equal(
      await page.getByRole("textbox", { name: "Name", exact: true }).inputValue(),
      "Shopify",
    );
    assert.match(
      await page.getByLabel("Access Token URL").inputValue(),
      /\{shop\}\.myshopify\.com/,
    );
    await page.getByRole("textbox", { name: "Shop", exact: true }).fill("flowers");
    await page.getByLabel("Client ID").fill("me");
    await page.getByRole("button", { name: "Create" }).click();
    await page.getByText("The client secret is missing").waitFor();
    assert.deepEqual(complaints, []);
  });

  test("does without what a provider proposes where it was cleared, in a new one and later", async () => {
    const { page, complaints } = visit;
    const stored = async (): Promise<Datasource> => {
      const path = "/v2/datasources?name=Google%20Drive";
      return (await get<{ datasources: Datasource[] }>(page, path)).datasources[0]!;
    };
    await page.goto("/console/datasources/new");
    await page.getByRole("combobox", { name: "Provider" }).fill("Google");
    await page.getByRole("option", { name: "Google", exact: true }).click();
    await page.getByRole("textbox", { name: "Name", exact: true }).fill("Google Drive");
    await page.getByLabel("Client ID").fill("me");
    await page.getByRole("button", { name: "More settings" }).click();
    const revocation = page.getByLabel("Revocation URL");
    assert.equal(await revocation.inputValue(), "https://oauth2.googleapis.com/revoke");
    await revocation.fill("");
    await page.getByRole("button", { name: "Create" }).click();
    await page.getByRole("heading", { name: "Google Drive" }).waitFor();
    assert.equal((await stored()).revocation_url, undefined);

    await page.getByRole("tab", { name: "Settings" }).click();
    await page.getByRole("button", { name: "More settings" }).click();
    assert.equal(await revocation.inputValue(), "");
    await revocation.fill("https://oauth2.googleapis.com/revoke");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Google Drive is saved").waitFor();
    assert.equal((await stored()).revocation_url, "https://oauth2.googleapis.com/revoke");
    await page.reload();
    await page.getByRole("button", { name: "More settings" }).click();
    await revocation.fill("");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Google Drive is saved").waitFor();
    assert.equal((await stored()).revocation_url, undefined);
    await page.reload();
    await page.getByRole("button", { name: "More settings" }).click();
    assert.equal(await revocation.inputValue(), "");
    assert.deepEqual(complaints, []);
  });

  test("goes back to what a provider proposes with a click, and for good", async () => {
    const { page, complaints } = visit;
    const said = async (): Promise<Record<string, unknown>> => {
      const { datasources } = await get<{ datasources: Datasource[] }>(page, "/v2/datasources");
      const drive = datasources.find(({ name }) => name === "Google Drive")!;
      const path = `/v2/datasources/${drive.id}/export`;
      return (await get<{ document: Record<string, unknown> }>(page, path)).document;
    };
    const offer = (words: string) =>
      page.getByRole("button", { name: `Use the provider's: ${words}`, exact: true });
    const proposed = "https://oauth2.googleapis.com/revoke";
    assert.equal((await said())["revocation_url"], null);
    await offer(proposed).click();
    assert.equal(await page.getByLabel("Revocation URL").inputValue(), proposed);
    assert.equal(await offer(proposed).count(), 0);
    const authentication = page.getByRole("combobox", {
      name: "Client Authentication",
      exact: true,
    });
    await authentication.click();
    await page.getByRole("option", { name: "Send as Basic Auth header" }).click();
    await offer("Send client credentials in body").click();
    assert.equal(await authentication.inputValue(), "Send client credentials in body");
    const hosts = page.getByRole("combobox", { name: "Allowed hosts" });
    await hosts.fill("drive.example.com");
    await hosts.press("Enter");
    await offer("*.googleapis.com").waitFor();
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Google Drive is saved").waitFor();
    const now = await said();
    // It is the profile's again, and not a word of the datasource that is the same by chance.
    assert.equal("revocation_url" in now, false);
    assert.deepEqual(now["allowed_hosts"], ["*.googleapis.com", "drive.example.com"]);

    // Where nothing is known of the provider, nothing is proposed.
    await page.goto("/console/datasources/new");
    await page.getByLabel("Access Token URL").fill("https://provider.example.com/token");
    await page.getByRole("combobox", { name: "Client Authentication" }).click();
    await page.getByRole("option", { name: "Send client credentials in body" }).click();
    assert.equal(await page.getByRole("button", { name: /Use the provider's/ }).count(), 0);
    assert.deepEqual(complaints, []);
  });
});
