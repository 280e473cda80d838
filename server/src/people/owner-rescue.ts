import type { AuditAction } from "@countersign/protocol/audit-subjects.ts";
import { auditOf, type Actor } from "../audit/audit.ts";
import type { KnownUserRecord } from "../store/records.ts";
import type { FactorStore, PeopleStore, UserStore } from "../store/store.ts";
import type { System } from "../system.ts";
import { allTokensOf } from "./password.ts";
import { isOwner, makeCode } from "./user.ts";

/**
 * The way back for an owner whom nobody else can help: a link on the console of who runs the server.
 * Whoever can start this process could read its database and master key as well.
 */

export interface RescueContext {
  system: System;
  store: PeopleStore & UserStore & FactorStore;
  tenantId: string;
}

export type Rescued =
  | { email: string; plainCode: string }
  | "no_owner"
  | "disabled"
  | "not_an_owner";

/**
 * Password, second factors, recovery codes and sessions of an owner are void, and a code to choose a
 * new password takes their place. Without a username the oldest owner is meant.
 */
export async function resetOwnerSignIn(
  context: RescueContext,
  username: string | undefined,
): Promise<Rescued> {
  const { system, store, tenantId } = context;
  const known = await findMeant(context, username);
  if (known === undefined) return "no_owner";
  const { user, bindings } = known;
  if (!bindings.some(isOwner)) return "not_an_owner";
  if (!user.enabled) return "disabled";
  const userId = user.id;
  const actor: Actor = {
    type: "system",
    id: "operator",
    tenantId,
    requestId: "operation",
    sourceAddress: undefined,
  };
  const auditAs = (action: AuditAction) =>
    auditOf(system, actor, { action, subjectType: "user", subjectId: userId });
  const { plainCode, code } = makeCode(system);
  // The link comes last: one that is printed needs nothing else.
  const audit = auditAs("user.second_factors_removed");
  await store.deleteFactors({ tenantId, userId, audit });
  const outcome = await store.replaceUserCode({
    tenantId,
    userId,
    code,
    revocations: [allTokensOf(user)],
    audit: auditAs("user.password_reset"),
  });
  return outcome === "written" ? { email: user.email, plainCode } : "no_owner";
}

async function findMeant(
  { store, tenantId }: RescueContext,
  username: string | undefined,
): Promise<KnownUserRecord | undefined> {
  const name = username ?? (await store.findOwner(tenantId))?.username;
  return name === undefined ? undefined : store.findUser(tenantId, name);
}
