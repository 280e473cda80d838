import type { User } from "@countersign/protocol/admin/users.ts";
import type { Page } from "playwright-core";
import { send } from "../../server/test/browser/browsing.ts";
import { launchChromium } from "../../server/test/browser/chromium.ts";
import { post } from "./calls.ts";
import { owner, type Visit } from "./visit.ts";

/** Somebody who may do less than the owner, in a browser of their own. */

export interface Act {
  method: "POST" | "PATCH" | "DELETE" | "GET";
  path: string;
  body?: unknown;
}

/**
 * Whom the owner invites with these roles. In a browser of their own: contexts of one that runs as a
 * single process, as the packaged one does, were seen to share the session.
 */
export async function signInColleague({ page, server }: Visit, email: string, api_roles: string[]) {
  const invited = await post<User>(page, "/v2/users", { email, api_roles });
  const browser = await launchChromium();
  const context = await browser.newContext({ baseURL: server.url });
  context.setDefaultTimeout(15_000);
  const other = await context.newPage();
  const { pathname, search } = new URL(invited.sign_in_url!);
  await other.goto(pathname + search);
  await send(other, { password: owner.password });
  await other.getByRole("button", { name: `Account of ${email}` }).waitFor();
  return { page: other, end: () => browser.close() };
}

/** Over the API, with the session of the page. */
export const statusOf = (page: Page, { method, path, body }: Act): Promise<number> =>
  page.evaluate(
    async ([verb, to, text]) => {
      const init =
        text === undefined ? {} : { headers: { "content-type": "application/json" }, body: text };
      return (await fetch(to, { method: verb, ...init })).status;
    },
    [method, path, body === undefined ? undefined : JSON.stringify(body)] as const,
  );
