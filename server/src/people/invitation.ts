import { auditOf } from "../audit/audit.ts";
import { AdminError } from "../errors/admin-error.ts";
import type { UserRecord } from "../store/records.ts";
import { digestOfCode, userCodeKind } from "./one-time-code.ts";
import { allTokensOf, makePassword } from "./password.ts";
import { actorOf, type SignInFrom } from "./session.ts";
import type { FirstStep, SignInContext } from "./sign-in.ts";

/** What a person does with an invitation or a reset link: choose a password, once. */

/** `publicUrl` is the configured one: links never come from what a request says. */
export const invitationLink = (publicUrl: string, plainCode: string): string =>
  `${publicUrl}/invitation?code=${encodeURIComponent(plainCode)}`;

/** Whom a code is for; a disabled person's is good for nothing. */
export async function findInvited(
  { system, store }: SignInContext,
  typedCode: string,
): Promise<UserRecord | undefined> {
  const digest = digestOfCode(typedCode);
  const known = await store.findUserByCode({ kind: userCodeKind, digest, atMs: system.now() });
  return known?.user.enabled === true ? known.user : undefined;
}

/**
 * Spends the code. Who has a second factor still needs it. Throws 403 for a code that is no good and 400
 * for the password.
 */
export async function acceptInvitation(
  context: SignInContext,
  { typedCode, plainPassword }: { typedCode: string; plainPassword: string },
  from: SignInFrom,
): Promise<FirstStep> {
  const { system, store } = context;
  const user = await findInvited(context, typedCode);
  if (user === undefined) throw codeNotValid();
  const { id: userId, tenantId } = user;
  const password = await makePassword(context, user, plainPassword, from.asker);
  const outcome = await store.setPassword({
    password,
    proof: { code: { kind: userCodeKind, digest: digestOfCode(typedCode) } },
    exceptSessionId: undefined,
    revocations: [allTokensOf(user)],
    audit: auditOf(system, actorOf({ tenantId, userId }, from), {
      action: "user.password_set",
      subjectType: "user",
      subjectId: userId,
    }),
  });
  if (outcome === "conflict") throw codeNotValid();
  return { user, passwordHash: password.hash };
}

const codeNotValid = (): AdminError =>
  new AdminError(403, "This link was used before, or is too old. Ask for a new one.");
