import { auditOf } from "../audit/audit.ts";
import { AdminError, badField } from "../errors/admin-error.ts";
import type { Revocation, UserRecord } from "../store/records.ts";
import type { PasswordRecord, SessionRecord } from "../store/store.ts";
import { findPasswordProblem } from "./password-rules.ts";
import { actorOf, type SignInFrom } from "./session.ts";
import { SignInRefused, type SignInContext } from "./sign-in.ts";

/** The password of a person: its rules, and how it is changed by who knows it. */

/** Throws 400 with the field, and `TooManyAtOnce`. */
export async function makePassword(
  { system, hashes }: Pick<SignInContext, "system" | "hashes">,
  person: Pick<UserRecord, "id" | "tenantId" | "email" | "name">,
  plainPassword: string,
  asker: string,
): Promise<PasswordRecord> {
  const problem = findPasswordProblem(plainPassword, person);
  if (problem !== undefined) throw badField("password", problem);
  const hash = await hashes.hash(plainPassword, asker);
  return { userId: person.id, tenantId: person.tenantId, hash, setAtMs: system.now() };
}

/**
 * All other sessions of the person end, and so do tokens that say who it is. Throws `SignInRefused`
 * when the old one is wrong, 400 when the new one cannot be taken, and 409.
 */
export async function changePassword(
  context: SignInContext,
  user: UserRecord,
  own: SessionRecord,
  change: { plainOld: string; plainNew: string; from: SignInFrom },
): Promise<void> {
  const { system, store, hashes } = context;
  const { plainOld, plainNew, from } = change;
  const before = await store.findPassword(user.id);
  const isRight = await hashes.isRight(plainOld, before?.hash, from.asker);
  if (before === undefined || !isRight) throw new SignInRefused();
  const password = await makePassword(context, user, plainNew, from.asker);
  const outcome = await store.setPassword({
    password,
    proof: { beforeHash: before.hash },
    exceptSessionId: own.id,
    revocations: [allTokensOf(user)],
    audit: auditOf(system, actorOf(own, from), {
      action: "user.password_changed",
      subjectType: "user",
      subjectId: user.id,
    }),
  });
  if (outcome === "conflict") {
    throw new AdminError(409, "Your password was changed meanwhile. Sign in again.");
  }
}

export const allTokensOf = ({ id }: Pick<UserRecord, "id">): Revocation => ({
  subjectType: "person",
  subjectId: id,
  dropped: undefined,
});
