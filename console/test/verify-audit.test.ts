import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { findSerious } from "../../server/test/browser/axe.ts";
import { makeClient } from "./calls.ts";
import { clipboardOf, signIn, startVisit, type Visit } from "./visit.ts";

/** "Verify" on the page of the audit log, with answers as they are and as somebody on the way made them. */

const exportPath = "/v2/audit_events/export";

describe("verifying the audit log in the console", () => {
  let visit: Visit;
  /** A log as the server exported it: events, and last the head. */
  let lines: string[];
  before(async () => {
    visit = await startVisit({});
    const { page } = visit;
    await signIn(page, "/console/audit");
    for (const name of ["One", "Two", "Three"]) await makeClient(page, { name });
    lines = await exportOnceSealed(visit);
  });
  after(() => visit.end());
  afterEach(() => visit.page.unroute(`**${exportPath}`));

  const dialog = () => visit.page.getByRole("dialog");

  async function verify(earlier?: string): Promise<void> {
    const { page } = visit;
    await page.goto("/console/audit");
    await page.getByRole("button", { name: "Verify", exact: true }).click();
    if (earlier !== undefined) {
      await dialog().getByLabel("Or the head that was kept").fill(earlier);
      await dialog()
        .getByText(/^Ends with number \d+/)
        .waitFor();
    }
    await dialog().getByRole("button", { name: "Start" }).click();
  }

  const answerWith = (body: string): Promise<unknown> =>
    visit.page.route(`**${exportPath}`, (route) =>
      route.fulfill({ contentType: "application/x-ndjson", body }),
    );

  const told = (title: string): Promise<void> =>
    dialog()
      .getByText(new RegExp(RegExp.escape(title)))
      .first()
      .waitFor();

  /** Nothing serious for axe, light and dark, and nothing wider than a phone. */
  async function isWellMade(): Promise<void> {
    const { page } = visit;
    for (const colorScheme of ["dark", "light"] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      assert.deepEqual(await findSerious(page), [], colorScheme);
    }
    await page.setViewportSize({ width: 390, height: 900 });
    const body = '[role="dialog"]';
    const [inner, outer] = await page.evaluate<[number, number]>(
      `[document.querySelector('${body}').scrollWidth, document.querySelector('${body}').clientWidth]`,
    );
    assert.ok(inner <= outer, `the dialog has ${inner} pixels in ${outer}`);
    await page.setViewportSize({ width: 1280, height: 900 });
  }

  test("an intact log is said to be, by whom it was signed, and what that does not say", async () => {
    const { page, server, complaints } = visit;
    await verify();
    await told("The log is intact");
    await dialog()
      .getByText(/^\d+ entries checked/)
      .waitFor();
    await dialog().getByText(server.url, { exact: true }).waitFor();
    await dialog().getByText("Nothing was compared with one this time.").waitFor();
    await isWellMade();
    await dialog().getByRole("button", { name: "Copy hash" }).click();
    assert.match(await clipboardOf(page), /^[\w-]{43}$/);
    await dialog().getByRole("button", { name: "Copy the head to keep" }).click();
    const kept = await clipboardOf(page);
    await dialog().getByRole("button", { name: "Close" }).last().click();
    await page.getByText("Audit log exported").first().waitFor();

    await verify(kept);
    await told("It goes on from the earlier export");
    assert.deepEqual(complaints, []);
  });

  test("what was changed, removed, moved, added or cut off on the way is told, and where", async () => {
    const events = lines.slice(0, -1);
    const head = lines.at(-1)!;
    const changed = events[2]!.replace(/"action":"[^"]+"/, '"action":"nothing.happened"');
    const spoiled: [string, string[]][] = [
      ["Entry 3 was changed", [...events.with(2, changed), head]],
      ["Entry 2 was removed", [...events.toSpliced(1, 1), head]],
      ["Entry 2 was moved", [...events.with(1, events[2]!).with(2, events[1]!), head]],
      [`The log is cut off after ${events.length} entries`, events],
      ["The log is cut off after 1 entry", events.slice(0, 1)],
      ["Something was added", [...lines, events[0]!]],
      ["The signature is wrong", [...events, head.replace(/.{6}"}$/, 'AAAAAA"}')]],
    ];
    for (const [title, some] of spoiled) {
      await answerWith(`${some.join("\n")}\n`);
      await verify();
      await told(title);
      assert.equal(await dialog().getByText("is intact").count(), 0, title);
      if (title === "Entry 3 was changed") await isWellMade();
      await visit.page.unroute(`**${exportPath}`);
    }
  });

  test("a log that does not reach an earlier head was rolled back, empty or not", async () => {
    await verify();
    await told("The log is intact");
    await dialog().getByRole("button", { name: "Copy the head to keep" }).click();
    const kept = await clipboardOf(visit.page);
    for (const body of [`${lines.join("\n")}\n`, ""]) {
      await answerWith(body);
      await verify(kept);
      await told("This is not the log of the earlier export");
      await visit.page.unroute(`**${exportPath}`);
    }
  });

  test("what holds no head cannot be compared with", async () => {
    const { page } = visit;
    await page.goto("/console/audit?verify");
    const file = { name: "old.ndjson", mimeType: "text/plain", buffer: Buffer.from("nothing") };
    await page.locator('input[type="file"]').setInputFiles(file);
    await dialog().getByText("There is no head of an audit log").waitFor();
    assert.ok(await dialog().getByRole("button", { name: "Start" }).isDisabled());
    const buffer = Buffer.from(`${lines.join("\n")}\n`);
    await page.locator('input[type="file"]').setInputFiles({ ...file, buffer });
    await dialog().getByRole("button", { name: "Start" }).click();
    await told("It goes on from the earlier export");
  });

  test("an empty log has nothing to verify", async () => {
    await answerWith("");
    await verify();
    await told("Nothing is sealed yet");
    await isWellMade();
  });

  test("a download that is refused or breaks off has no verdict, and can be tried again", async () => {
    const { page } = visit;
    await page.route(`**${exportPath}`, (route) =>
      route.fulfill({ status: 503, json: { messages: ["The database is away."] } }),
    );
    await verify();
    await told("The database is away.");
    await told("neither that the log is intact nor that it is not");
    await isWellMade();
    await page.unroute(`**${exportPath}`);
    await dialog().getByRole("button", { name: "Try again" }).click();
    await told("The log is intact");

    await page.goto("/console/audit?verify");
    await answerInBrowser(visit, lines.join("\n"), { end: "broken" });
    await dialog().getByRole("button", { name: "Start" }).click();
    await told("The download broke off before its end");
    assert.equal(
      await dialog()
        .getByText(/The log is intact/)
        .count(),
      0,
    );
  });

  test("a log of 100,000 entries leaves the page in use, and can be cancelled", async () => {
    const { page } = visit;
    const one = lines[1]!;
    // Not chained, which costs as much to find out.
    const body = Array.from({ length: 100_000 }, () => one).join("\n");
    await page.goto("/console/audit?verify");
    await answerInBrowser(visit, body, { end: "never" });
    await dialog().getByRole("button", { name: "Start" }).click();
    await dialog()
      .getByText(/^[1-9][\d,]+ entries checked/)
      .waitFor();
    await dialog().getByRole("button", { name: "Cancel" }).click();
    await answerInBrowser(visit, body);
    await dialog().getByRole("button", { name: "Start" }).click();
    await dialog().getByText("was moved").first().waitFor({ timeout: 60_000 });
  });

  test("an outcome that comes while Cancel is being pressed stays on the page", async () => {
    const { page } = visit;
    await page.goto("/console/audit?verify");
    await answerInBrowser(visit, lines.join("\n"), { end: "when told" });
    await dialog().getByRole("button", { name: "Start" }).click();
    await dialog().getByRole("button", { name: "Cancel" }).focus();
    await page.evaluate("endAnswer()");
    await told("The log is intact");
    await page.keyboard.press("Enter");
    await told("The log is intact");
    await dialog().getByRole("button", { name: "Verify again" }).waitFor();
  });
});

type AnswerEnd = "whole" | "broken" | "never" | "when told";

/**
 * Instead of the server, without the detour over this process, which takes long for so much. An end
 * "when told" comes with `endAnswer()` in the page.
 */
async function answerInBrowser(
  { page }: Visit,
  body: string,
  { end = "whole" }: { end?: AnswerEnd } = {},
): Promise<void> {
  await page.evaluate(
    ([path, text, kind]) => {
      const { fetch: send } = globalThis;
      const { promise: told, resolve: endAnswer } = Promise.withResolvers<void>();
      if (kind === "whole") endAnswer();
      if (kind === "when told") Object.assign(globalThis, { endAnswer });
      const answer = () => {
        const parts = new Response(text).body!.getReader();
        const stream = new ReadableStream({
          async pull(controller) {
            const { done, value } = await parts.read();
            if (!done) return controller.enqueue(value);
            if (kind === "broken") return controller.error(new TypeError("network error"));
            await told;
            controller.close();
          },
        });
        return Promise.resolve(new Response(stream));
      };
      globalThis.fetch = (input, init) => (input === path ? answer() : send(input, init));
    },
    [exportPath, body, end] as const,
  );
}

async function exportOnceSealed({ page }: Visit): Promise<string[]> {
  for (let tries = 0; tries < 100; tries += 1) {
    const text = await page.evaluate(async (path) => (await fetch(path)).text(), exportPath);
    const lines = text.trimEnd().split("\n");
    if (lines.length > 4) return lines;
    await page.waitForTimeout(200);
  }
  throw new Error("the audit log was not sealed");
}
