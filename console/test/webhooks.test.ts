import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Locator } from "playwright-core";
import { receiverAllowed, startReceiver, type Received, type Receiver } from "./receiver.ts";
import { clipboardOf, signIn, startVisit, type Visit } from "./visit.ts";

/** What the console shows beside a secret, as a receiver's own program would have it. */
const example = new URL("../../examples/receiving/verify.mjs", import.meta.url).href;
const { isGenuine } = (await import(example)) as {
  isGenuine(headers: Received["headers"], body: string, secret: string): boolean;
};

/** Webhooks: from the secret that is shown once to the event that arrives at last. */

describe("webhooks in the console", () => {
  let visit: Visit;
  let receiver: Receiver;
  let firstSecret: string;
  before(async () => {
    receiver = await startReceiver();
    visit = await startVisit({ environment: receiverAllowed });
    await signIn(visit.page, "/console/webhooks");
  });
  after(async () => {
    await visit.end();
    await receiver.stop();
  });

  const dialog = (): Locator => visit.page.getByRole("dialog");

  const choose = async (name: string): Promise<void> => {
    await visit.page.getByRole("button", { name: "Actions", exact: true }).click();
    await visit.page.getByRole("menuitem", { name }).click();
  };

  /** The line of the newest event, which says what came of it. */
  const newest = (): Locator => visit.page.getByRole("row").nth(1);

  /** It stands elsewhere on narrow screens. */
  const newestSays = (text: string): Promise<void> =>
    newest().getByText(text).filter({ visible: true }).waitFor();

  const keepSecret = async (): Promise<string> => {
    await dialog().getByRole("button", { name: "Copy signing secret" }).click();
    await visit.page.getByText("Copied").first().waitFor();
    const secret = await clipboardOf(visit.page);
    assert.match(secret, /^whsec_/);
    await dialog().getByRole("button", { name: "I have kept it" }).click();
    return secret;
  };

  const arrived = async (count: number): Promise<Received> => {
    for (let looks = 0; receiver.received.length < count; looks += 1) {
      assert.ok(looks < 300, `only ${receiver.received.length} of ${count} events arrived`);
      await visit.page.waitForTimeout(50);
    }
    return receiver.received[count - 1]!;
  };

  const isSignedWith = (secret: string, { headers, body }: Received): boolean =>
    isGenuine(headers, body, secret);

  test("an address that may not be called is refused at its field", async () => {
    const { page } = visit;
    await page.getByText("No webhooks yet").waitFor();
    await page.getByRole("button", { name: "Create webhook" }).click();
    const url = dialog().getByRole("textbox", { name: "URL" });
    for (const [text, why] of [
      ["not a url", /not a URL that can be called/],
      ["http://10.0.0.1/hooks", /may not be reached from here/],
      ["http://1.1.1.1/hooks", /Only https:/],
    ] as const) {
      await url.fill(text);
      await dialog().getByRole("button", { name: "Create" }).click();
      await dialog().getByText(why).waitFor();
      assert.equal(await url.getAttribute("aria-invalid"), "true");
      assert.equal(await dialog().getByRole("alert").count(), 0, "not once more below");
    }
    await dialog().getByRole("button", { name: "Cancel" }).click();
  });

  test("is created, and its secret is shown once, with what to do with it", async () => {
    const { page } = visit;
    await page.getByRole("button", { name: "Create webhook" }).click();
    await dialog().getByRole("textbox", { name: "URL" }).fill(receiver.url);
    await dialog().getByLabel("Description").fill("Opens tickets");
    await dialog().getByLabel("Only some").check();
    assert.ok(await dialog().getByLabel("Reconnect needed").isChecked());
    await dialog().getByLabel("Connection deleted").check();
    await dialog().getByLabel("Reconnect soon").uncheck();
    await dialog().getByRole("button", { name: "Create" }).click();
    await dialog().getByRole("button", { name: "How to verify in Node" }).click();
    await dialog().getByText("export function isGenuine").waitFor();
    firstSecret = await keepSecret();
    await page.getByRole("heading", { name: receiver.url }).waitFor();
    await page.getByText("Connection deleted").waitFor();
    assert.equal(await page.getByText("Reconnect soon").count(), 0);
    await page.reload();
    await page.getByText("Nothing yet").waitFor();
    assert.ok(!(await page.content()).includes(firstSecret), "it is not shown again");
  });

  test("a test event arrives, and verifies as the console says", async () => {
    const { page } = visit;
    await page.getByRole("button", { name: "Send test event" }).click();
    const event = await arrived(1);
    assert.ok(isSignedWith(firstSecret, event));
    assert.ok(!isSignedWith(firstSecret, { ...event, body: `${event.body} ` }));
    const old = String(Date.now() / 1_000 - 301);
    const stale = { ...event, headers: { ...event.headers, "webhook-timestamp": old } };
    assert.ok(!isSignedWith(firstSecret, stale));
    await newestSays("Delivered");
    await newestSays("The receiver answered 200");
    await newest()
      .getByText(/^took \d+ ms$/)
      .waitFor();
  });

  test("what failed is found, and sent again once the receiver is mended", async () => {
    const { page } = visit;
    receiver.answer = () => 410;
    await page.getByRole("button", { name: "Send test event" }).click();
    await arrived(2);
    await newestSays("Failed");
    await page.getByText("which means that it is gone for good").waitFor();
    assert.equal(await page.getByRole("button", { name: "Send test event" }).count(), 0);
    await choose("Enable");
    await page.getByRole("button", { name: "Send test event" }).waitFor();
    await page.getByRole("combobox", { name: "Result" }).click();
    await page.getByRole("option", { name: "Failed" }).click();
    await page.getByText("The receiver answered 200").first().waitFor({ state: "detached" });
    assert.equal(await page.getByRole("row").count(), 2, "the head, and what failed");

    receiver.answer = () => 204;
    await newest().getByRole("button", { name: "Send again" }).click();
    const again = await arrived(3);
    assert.equal(again.headers["webhook-id"], receiver.received[1]!.headers["webhook-id"]);
    await page.getByText("No such events").waitFor();
    await page.getByRole("combobox", { name: "Result" }).click();
    await page.getByRole("option", { name: "Any result" }).click();
    await newestSays("The receiver answered 204");
  });

  test("a receiver that is down is tried again, and the page says when", async () => {
    const { page } = visit;
    receiver.answer = () => 503;
    await page.getByRole("button", { name: "Send test event" }).click();
    await arrived(4);
    await newestSays("Retrying");
    await newestSays("The receiver answered 503");
    receiver.answer = () => 200;
    await newest().getByRole("button", { name: "Send again" }).click();
    await newestSays("Delivered");
  });

  test("the secret is rotated, and both sign until the receiver has changed over", async () => {
    const { page } = visit;
    await choose("Rotate secret");
    await dialog().getByText("signs as well for another day").waitFor();
    await dialog().getByRole("button", { name: "Rotate" }).click();
    await dialog().getByText("events carry two signatures").waitFor();
    const second = await keepSecret();
    await page.getByText("Two: the one before signs until").waitFor();
    const count = receiver.received.length;
    await page.getByRole("button", { name: "Send test event" }).click();
    const event = await arrived(count + 1);
    assert.deepEqual([isSignedWith(firstSecret, event), isSignedWith(second, event)], [true, true]);
    await choose("Rotate secret");
    await dialog().getByText("the one before that stops signing now").waitFor();
    await dialog().getByRole("button", { name: "Cancel" }).click();
  });

  test("is changed, and refuses at the field what it cannot be changed to", async () => {
    const { page } = visit;
    await choose("Edit");
    const url = dialog().getByRole("textbox", { name: "URL" });
    await url.fill("ftp://example.com");
    await dialog().getByRole("button", { name: "Save" }).click();
    await dialog().getByText("Only https:").waitFor();
    await url.fill(`${receiver.url}/other`);
    await dialog().getByLabel("All", { exact: true }).check();
    await dialog().getByRole("button", { name: "Save" }).click();
    await page.getByRole("heading", { name: `${receiver.url}/other` }).waitFor();
    await page.getByText("All events").waitFor();
  });

  test("is disabled from the list, enabled, and deleted for good", async () => {
    const { page, complaints } = visit;
    await page.getByRole("link", { name: "Webhooks" }).last().click();
    const row = page.getByRole("row", { name: /hooks\/countersign/ });
    await row.getByText("Delivered").filter({ visible: true }).waitFor();
    const act = async (name: string): Promise<void> => {
      await page.getByRole("button", { name: /^Actions for/ }).click();
      await page.getByRole("menuitem", { name }).click();
    };
    await act("Disable");
    await dialog().getByText("is never told").waitFor();
    await dialog().getByRole("button", { name: "Disable" }).click();
    await row.getByText("Disabled").filter({ visible: true }).waitFor();
    await act("Enable");
    await row.getByText("Enabled").filter({ visible: true }).waitFor();
    await act("Delete");
    await dialog().getByRole("button", { name: "Delete" }).click();
    await page.getByText("No webhooks yet").waitFor();
    assert.deepEqual(complaints, []);
  });
});
