import type { User } from "@countersign/protocol/admin/users.ts";
import type { Mail, MailMessage } from "../../mail/mail.ts";
import type { CreatedUser } from "../../people/user.ts";
import { toUser, withLink } from "./user-body.ts";

/** A link reaches its person through whoever asked for it, and by mail where that is set up. */

export interface HandOverContext {
  mail: Mail | undefined;
  callers: { issuer: string };
}

export async function handOver(
  { mail, callers }: HandOverContext,
  { plainCode, ...known }: CreatedUser,
  why: keyof typeof texts,
): Promise<User> {
  const shown = withLink(plainCode, callers.issuer);
  const user = toUser(known, shown);
  if (mail === undefined || shown.signInUrl === undefined) return user;
  const { host } = new URL(callers.issuer);
  const isSent = await mail.send({ to: known.user.email, ...texts[why](host, shown.signInUrl) });
  return { ...user, sign_in_mail: isSent ? "sent" : "failed" };
}

const ending = "It works once, for seven days. If you did not expect it, do nothing.\n";

const texts = {
  invitation: (host, link) => ({
    subject: `Your account at ${host}`,
    text: `You were given an account at ${host}. Choose your password here:\n\n${link}\n\n${ending}`,
  }),
  reset: (host, link) => ({
    subject: `Your new password at ${host}`,
    text: `Your password at ${host} was reset. Choose a new one here:\n\n${link}\n\n${ending}`,
  }),
} satisfies Record<string, (host: string, link: string) => Omit<MailMessage, "to">>;
