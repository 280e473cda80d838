import type { IncomingMessage } from "node:http";
import { mayDo } from "../access/rights.ts";
import { AdminError } from "../errors/admin-error.ts";
import type { FindLiveSession, LiveSession } from "../people/session.ts";
import type { Caller } from "./caller.ts";
import type { Cookies } from "./cookies.ts";
import { isFromOtherSite, isUnsafe, senderOf } from "./same-origin.ts";

/**
 * A person who calls our own API from the console: the cookie of a session counts for pages of ours
 * alone, and for a change only where the browser says that one of them asked for it.
 */

export interface SessionCallers {
  cookies: Cookies;
  find: FindLiveSession;
}

/** `undefined` when no cookie came. Throws 401 for one that counts no longer, and 403. */
export async function findSessionCaller(
  { cookies, find }: SessionCallers,
  { headers, method }: Pick<IncomingMessage, "headers" | "method">,
  publicUrl: string,
): Promise<LiveSession | undefined> {
  const plainSession = cookies.read(headers, "session");
  if (plainSession === undefined) return undefined;
  const sender = senderOf(headers, publicUrl);
  if (sender === "others" || isFromOtherSite(headers) || (isUnsafe(method) && sender !== "ours")) {
    throw new AdminError(403, `Only pages of ${publicUrl} may act for who is signed in.`, {
      code: "cross_site_request",
      cause: "cross_site_request",
    });
  }
  const live = await find(plainSession);
  if (live !== undefined) return live;
  throw new AdminError(401, "Your session has ended. Sign in again.", {
    code: "sign_in_over",
    cause: "sign_in_over",
    challenge: {},
  });
}

/**
 * Whether the caller may see a secret. Keys and tokens prove each time who they are; throws 403 for a
 * person who proved it too long ago.
 */
export function mayRevealNow({ rights, session }: Caller, atMs: number): boolean {
  if (!mayDo(rights, "app_clients:reveal_secret")) return false;
  if (session === undefined || atMs < session.recentUntilMs) return true;
  throw new AdminError(403, "Confirm that it is still you, at /login/confirm, and try again.", {
    code: "recent_sign_in_required",
    cause: "recent_sign_in_missing",
  });
}
