import { accountWide } from "../access/rights.ts";
import { auditOf, type Actor } from "../audit/audit.ts";
import { AdminError } from "../errors/admin-error.ts";
import { digestOf, digestScheme, generateSecret, hintOf } from "../keys/secret.ts";
import type { ApiKeyRecord, UserRecord } from "../store/records.ts";
import type { PeopleStore, SingleUseStore } from "../store/store.ts";
import { newId, type System } from "../system.ts";
import { newPlainCode } from "./one-time-code.ts";

/**
 * The first person. On an empty store a code is printed; who brings it first becomes the owner, and
 * gets a personal API key. Of two who come at once, one wins and the other is told so.
 */

export interface PeopleContext {
  system: System;
  store: PeopleStore & SingleUseStore;
  tenantId: string;
}

export interface Owner {
  user: UserRecord;
  apiKey: ApiKeyRecord;
  /** Shown once. */
  plainKey: string;
}

const setupCodeKind = "setup_code";
const setupCodeLifetimeMs = 24 * 3_600_000;

/** A new code; those given out before are void. */
export async function issueSetupCode({ system, store, tenantId }: PeopleContext): Promise<string> {
  const plainCode = newPlainCode(system);
  await store.clearSingleUse({ tenantId, kind: setupCodeKind });
  await store.insertSingleUse({
    tenantId,
    kind: setupCodeKind,
    digest: digestOf(plainCode),
    payload: "",
    expiresAtMs: system.now() + setupCodeLifetimeMs,
  });
  return plainCode;
}

/** Spends the code and makes the owner, in one transaction. Throws 403 for a code that is no good. */
export async function claimOwnership(
  context: PeopleContext,
  input: { code: string; email: string },
  from: Pick<Actor, "requestId" | "sourceAddress">,
): Promise<Owner> {
  const { system } = context;
  const digest = digestOf(input.code.trim().toUpperCase());
  const owner = newOwner(context, input.email, generateSecret(system, "personalKey"));
  const setupCode = { kind: setupCodeKind, digest, atMs: system.now() };
  if (await insertOwner(context, owner, { setupCode, from })) return owner;
  throw new AdminError(403, "This setup code is not valid, or no longer.");
}

/** Makes the owner without a code, from the configuration. `false` when there is one already. */
export function bootstrapOwner(
  context: PeopleContext,
  email: string,
  plainKey: string,
): Promise<boolean> {
  const from = { requestId: "bootstrap", sourceAddress: undefined };
  const owner = newOwner(context, email, plainKey);
  return insertOwner(context, owner, { setupCode: undefined, from });
}

function newOwner({ system, tenantId }: PeopleContext, email: string, plainKey: string): Owner {
  const createdAtMs = system.now();
  const userId = newId(system, "usr_");
  return {
    user: {
      id: userId,
      tenantId,
      email,
      username: email,
      description: "",
      enabled: true,
      ...unlabelled(createdAtMs),
    },
    apiKey: {
      id: newId(system, "aky_"),
      tenantId,
      name: "Personal API key",
      kind: "personal",
      digestScheme,
      digest: digestOf(plainKey),
      hint: hintOf(plainKey),
      ownerType: "user",
      ownerId: userId,
      enabled: true,
      expiresAtMs: undefined,
      revokedAtMs: undefined,
      onLeak: undefined,
      ...unlabelled(createdAtMs),
    },
    plainKey,
  };
}

const unlabelled = (createdAtMs: number) => ({
  externalId: undefined,
  labels: {},
  createdAtMs,
  updatedAtMs: createdAtMs,
  version: 1,
});

async function insertOwner(
  { system, store, tenantId }: PeopleContext,
  { user, apiKey }: Owner,
  {
    setupCode,
    from,
  }: {
    setupCode: { kind: string; digest: string; atMs: number } | undefined;
    from: Pick<Actor, "requestId" | "sourceAddress">;
  },
): Promise<boolean> {
  const actor: Actor = { ...from, type: "system", id: "setup", tenantId };
  const outcome = await store.insertOwner({
    user,
    bindings: [{ role: "owner", ...accountWide }],
    apiKey,
    setupCode,
    audit: auditOf(system, actor, {
      action: "user.created",
      subjectType: "user",
      subjectId: user.id,
      after: { ...user, api_roles: ["owner"], api_key_id: apiKey.id },
    }),
  });
  return outcome === "written";
}
