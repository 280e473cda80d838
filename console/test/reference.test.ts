import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, test } from "node:test";
import type { Response } from "playwright-core";
import { findFaults } from "../../server/test/browser/browsing.ts";
import { getToken, makeClient, post, type MadeClient } from "./calls.ts";
import { owner, startVisit, type Visit } from "./visit.ts";

/** `/reference`: the documents, and requests that are really sent. */

describe("the API reference", () => {
  let visit: Visit;
  let client: MadeClient;
  const foreign = new Set<string>();
  before(async () => {
    visit = await startVisit({ environment: { COUNTERSIGN_OUTBOUND_ALLOW: "127.0.0.0/8" } });
    const { page, server } = visit;
    page.on("request", (request) => {
      if (!request.url().startsWith(server.url)) foreign.add(request.url());
    });
    await page.goto("/reference");
    await page.getByLabel("E-mail").fill(owner.email);
    await page.getByLabel("Password").fill(owner.password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.waitForURL("**/reference");
    const api_roles = ["corpus_viewer", "billing_administrator"];
    client = await makeClient(page, { name: "Reader", api_roles });
    await page.reload();
  });
  after(() => visit.end());

  const choose = async (right?: string): Promise<void> => {
    const { page } = visit;
    await page.getByRole("combobox", { name: "App client" }).fill("Reader");
    await page.getByRole("option", { name: "Reader" }).click();
    if (right !== undefined) {
      await page.getByRole("combobox", { name: "Rights" }).fill(right);
      await page.getByRole("option", { name: right }).click();
      await page.keyboard.press("Escape");
    }
    await page.getByText("Token ready").waitFor();
  };
  const sendListCorpora = async (): Promise<Response> => {
    const { page } = visit;
    // A group may be open already.
    const group = page.getByRole("button", { name: "Open Group - Corpora" });
    const link = page.getByRole("link", { name: /List corpora/ }).first();
    await group.or(link).first().waitFor();
    if (!(await link.isVisible())) await group.click();
    await link.click();
    await page
      .getByRole("button", { name: /Test Request.*get .*corpora/i })
      .first()
      .click();
    const answer = page.waitForResponse((one) => new URL(one.url()).pathname === "/v2/corpora");
    await page.getByRole("button", { name: /^Send/ }).first().click();
    return answer;
  };
  const tokenOf = (response: Response): string =>
    response.request().headers()["authorization"]!.slice("Bearer ".length);
  const scopeOf = (token: string): string =>
    (JSON.parse(Buffer.from(token.split(".")[1]!, "base64url").toString()) as { scope: string })
      .scope;

  test("sends List corpora as an app client, whose secret it never sees", async () => {
    const { page } = visit;
    const texts: string[] = [];
    page.on("response", (response) => {
      void response.text().then(
        (text) => texts.push(text),
        () => undefined,
      );
    });
    await choose();
    await page.getByText("a small API that Countersign protects").first().waitFor();
    const response = await sendListCorpora();
    assert.equal(response.status(), 200);
    assert.match(scopeOf(tokenOf(response)), /corpora:read/);
    assert.equal((await response.request().allHeaders())["cookie"], undefined);
    assert.ok(!texts.some((text) => text.includes(client.client_secret)), "the secret was sent");
  });

  test("hides nothing of the document behind the bar, however narrow it is", async () => {
    const { page } = visit;
    const menu = { 390: /menu/i, 1100: /search/i, 1280: /search/i };
    for (const [width, name] of Object.entries(menu)) {
      await page.setViewportSize({ width: Number(width), height: 900 });
      // Without what the address remembers: it would be scrolled to.
      await page.goto("about:blank");
      await page.goto("/reference");
      await choose();
      await page.getByRole("heading", { name: "Corpora", exact: true }).first().waitFor();
      await page.evaluate("scrollTo(0, 1500)");
      const button = page.getByRole("button", { name }).filter({ visible: true }).first();
      const bar = (await page.getByRole("banner").first().boundingBox())!;
      const { y } = (await button.boundingBox())!;
      assert.ok(
        y >= bar.y + bar.height,
        `${width}: at ${y}, the bar ends at ${bar.y + bar.height}`,
      );
    }
  });

  test("explains a 403 with the name of the permission that is missing", async () => {
    const { page } = visit;
    await page.reload();
    await choose("billing:read");
    const response = await sendListCorpora();
    assert.equal(response.status(), 403);
    assert.equal(scopeOf(tokenOf(response)), "billing:read");
    const note = page.getByRole("alert");
    await note.getByText("the permission corpora:read is missing").waitFor();
    await note.getByText("The app client does not have it").waitFor();
    const reference = (await note.getByRole("link").getAttribute("href"))!;
    await page.goto(reference);
    await page.getByText("corpora:read").first().waitFor();
  });

  test("sends a token that is pasted, and explains one that counts no longer", async () => {
    const { page, server } = visit;
    const { body } = await getToken(server, client.client_id, client.client_secret);
    const paste = async (token: string): Promise<void> => {
      await page.goto("/reference");
      await page.getByText("Bearer Token", { exact: true }).first().click();
      await page.getByRole("textbox", { name: "Bearer Token" }).first().fill(token);
    };
    await paste(body.access_token!);
    const good = await sendListCorpora();
    assert.equal(good.status(), 200);
    assert.equal(tokenOf(good), body.access_token);
    await paste(`${body.access_token!.slice(0, -4)}AAAA`);
    assert.equal((await sendListCorpora()).status(), 401);
    await page.getByRole("alert").getByText("401: the token was not taken").waitFor();
  });

  test("shows our own document, and that of a registered API", async () => {
    const { page } = visit;
    const document = {
      openapi: "3.1.0",
      info: { title: "Invoices of somebody", version: "1" },
      paths: { "/invoices": { get: { summary: "List invoices", responses: {} } } },
    };
    const other = createServer((_request, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify(document));
    });
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", () => resolve()));
    const { port } = other.address() as AddressInfo;
    await page.goto("/reference");
    await post(page, "/v2/apis", {
      name: "Invoices",
      audience: "https://invoices.example.com",
      permissions: [],
      openapi_url: `http://127.0.0.1:${port}/openapi.json`,
    });
    await page.reload();
    const show = async (name: string): Promise<void> => {
      await page.getByRole("combobox", { name: "API", exact: true }).click();
      await page.getByRole("option", { name, exact: true }).click();
    };
    await show("Countersign");
    await page.getByRole("heading", { name: "Countersign" }).first().waitFor();
    await show("Invoices");
    await page.getByRole("heading", { name: "Invoices of somebody" }).first().waitFor();
    other.close();
  });

  test("has nothing serious for axe to find, light and dark", async () => {
    const { page } = visit;
    await page.goto("/reference");
    await page.getByRole("heading", { name: "Corpora" }).first().waitFor();
    await page.waitForLoadState("networkidle");
    assert.deepEqual(await findFaults(page), []);
  });

  test("loads nothing from elsewhere, and breaks no policy (H6)", () => {
    assert.deepEqual([...foreign], []);
    assert.deepEqual(visit.complaints, []);
  });
});
