import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Page } from "playwright-core";
import { get, post } from "./calls.ts";
import { signInColleague, statusOf } from "./colleague.ts";
import { receiverAllowed, startReceiver, type Receiver } from "./receiver.ts";
import { signIn, startVisit, type Visit } from "./visit.ts";

/** Somebody whose role may look at webhooks and not change them. */

describe("whoever reads webhooks and may not write them", () => {
  let visit: Visit;
  let receiver: Receiver;
  let reader: Page;
  let endReader: () => Promise<void>;
  let webhookId: string;
  before(async () => {
    receiver = await startReceiver();
    receiver.answer = () => 503;
    visit = await startVisit({ environment: receiverAllowed });
    const { page } = visit;
    await signIn(page);
    const description = "Opens tickets";
    const made = await post<{ id: string }>(page, "/v2/webhooks", {
      url: receiver.url,
      description,
    });
    webhookId = made.id;
    await post(page, `/v2/webhooks/${webhookId}/test`, {});
    await post(page, "/v2/roles", { name: "webhook_reader", permissions: ["webhooks:read"] });
    const signedIn = await signInColleague(visit, "reader@example.com", ["webhook_reader"]);
    reader = signedIn.page;
    endReader = signedIn.end;
  });
  after(async () => {
    await endReader();
    await visit.end();
    await receiver.stop();
  });

  /** The owner has these, where the reader has none. */
  async function compare(names: readonly string[], menu: string): Promise<void> {
    for (const name of names) {
      await visit.page.getByRole("button", { name, exact: true }).waitFor();
      assert.equal(await reader.getByRole("button", { name, exact: true }).count(), 0, name);
    }
    await visit.page.getByRole("button", { name: menu }).waitFor();
    assert.equal(await reader.getByRole("button", { name: menu }).count(), 0, menu);
  }

  test("sees which there are, and no way to change or create one", async () => {
    await reader.getByRole("link", { name: "Webhooks" }).click();
    for (const page of [reader, visit.page]) {
      await page.goto("/console/webhooks");
      const row = page.getByRole("row", { name: /hooks\/countersign/ });
      await row.getByText("Opens tickets").first().waitFor();
    }
    await compare(["Create webhook"], `Actions for ${receiver.url}`);
    await reader.goto("/console/webhooks?create");
    await reader.getByRole("row", { name: /hooks\/countersign/ }).waitFor();
    assert.equal(await reader.getByRole("dialog").count(), 0);
  });

  test("sees what one was told, and no way to send, rotate, disable or delete", async () => {
    for (const page of [reader, visit.page]) {
      await page.goto(`/console/webhooks/${webhookId}`);
      await page.getByText("The receiver answered 503").filter({ visible: true }).waitFor();
      await page.getByText("All events").waitFor();
    }
    await compare(["Send test event", "Send again"], "Actions");
  });

  test("is refused by the server, whatever the page shows", async () => {
    const webhook = `/v2/webhooks/${webhookId}`;
    const { deliveries } = await get<{ deliveries: { id: string }[] }>(
      reader,
      `${webhook}/deliveries`,
    );
    const writes = [
      { method: "POST", path: "/v2/webhooks", body: { url: receiver.url } },
      { method: "PATCH", path: webhook, body: { enabled: false } },
      { method: "POST", path: `${webhook}/test` },
      { method: "POST", path: `${webhook}/rotate_secret` },
      { method: "POST", path: `${webhook}/deliveries/${deliveries[0]!.id}/replay` },
      { method: "DELETE", path: webhook },
    ] as const;
    for (const act of writes) assert.equal(await statusOf(reader, act), 403, act.path);
    assert.equal(await statusOf(reader, { method: "GET", path: webhook }), 200);
  });
});
