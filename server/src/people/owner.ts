import { accountWide } from "../access/rights.ts";
import { auditOf, type Actor } from "../audit/audit.ts";
import { AdminError } from "../errors/admin-error.ts";
import { digestOf, digestScheme, generateSecret, hintOf } from "../keys/secret.ts";
import type { ApiKeyRecord, UserRecord } from "../store/records.ts";
import type { PasswordRecord, PeopleStore, SingleUseStore } from "../store/store.ts";
import { newId, type System } from "../system.ts";
import { digestOfCode, newPlainCode } from "./one-time-code.ts";
import { makePassword } from "./password.ts";
import type { SignInContext } from "./sign-in.ts";

/**
 * The first person. On an empty store a code is printed; who brings it first becomes the owner, with a
 * personal API key or a password to sign in with. Of two who come at once, one wins and the other is
 * told so.
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

/** What the owner has to begin with: one of the two, or both. */
interface NewOwner {
  user: UserRecord;
  apiKey: ApiKeyRecord | undefined;
  password: PasswordRecord | undefined;
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

type From = Pick<Actor, "requestId" | "sourceAddress">;

/** Spends the code and makes the owner, in one transaction. Throws 403 for a code that is no good. */
export async function claimOwnership(
  context: PeopleContext,
  input: { code: string; email: string },
  from: From,
): Promise<Owner> {
  const { system } = context;
  const plainKey = generateSecret(system, "personalKey");
  const user = newUser(context, { email: input.email, name: "" });
  const apiKey = newKey(context, user, plainKey);
  const setupCode = spending(context, input.code);
  if (await insertOwner(context, { user, apiKey, password: undefined }, { setupCode, from })) {
    return { user, apiKey, plainKey };
  }
  throw codeNotValid();
}

/** The same for who will sign in. Throws 400 for the password, and 403. */
export async function claimOwnershipToSignIn(
  context: PeopleContext & Pick<SignInContext, "hashes">,
  input: { code: string; email: string; name: string; plainPassword: string },
  from: From & { asker: string },
): Promise<{ user: UserRecord; password: PasswordRecord }> {
  const user = newUser(context, input);
  const password = await makePassword(context, user, input.plainPassword, from.asker);
  const setupCode = spending(context, input.code);
  if (await insertOwner(context, { user, apiKey: undefined, password }, { setupCode, from })) {
    return { user, password };
  }
  throw codeNotValid();
}

/** Makes the owner without a code, from the configuration. `false` when there is one already. */
export async function bootstrapOwner(
  context: PeopleContext & Pick<SignInContext, "hashes">,
  given: { email: string; plainKey: string | undefined; plainPassword: string | undefined },
): Promise<boolean> {
  const from = { requestId: "bootstrap", sourceAddress: undefined };
  const { email, plainKey, plainPassword } = given;
  const user = newUser(context, { email, name: "" });
  const apiKey = plainKey === undefined ? undefined : newKey(context, user, plainKey);
  // What the operator has set is taken as it is.
  const hash = plainPassword && (await context.hashes.hash(plainPassword, "bootstrap"));
  const { id: userId, tenantId, createdAtMs: setAtMs } = user;
  const password = hash ? { userId, tenantId, hash, setAtMs } : undefined;
  return insertOwner(context, { user, apiKey, password }, { setupCode: undefined, from });
}

/** The code as it was printed, however it was typed. */
function spending({ system }: PeopleContext, code: string): SetupCode {
  const digest = digestOfCode(code);
  return { kind: setupCodeKind, digest, atMs: system.now() };
}

interface SetupCode {
  kind: string;
  digest: string;
  atMs: number;
}

const codeNotValid = (): AdminError =>
  new AdminError(403, "This setup code is not valid, or no longer.");

function newUser(
  { system, tenantId }: PeopleContext,
  { email, name }: { email: string; name: string },
): UserRecord {
  return {
    id: newId(system, "usr_"),
    tenantId,
    name,
    email,
    username: email,
    description: "",
    enabled: true,
    ...unlabelled(system.now()),
  };
}

function newKey({ system, tenantId }: PeopleContext, owner: UserRecord, plainKey: string) {
  return {
    id: newId(system, "aky_"),
    tenantId,
    name: "Personal API key",
    kind: "personal",
    digestScheme,
    digest: digestOf(plainKey),
    hint: hintOf(plainKey),
    ownerType: "user",
    ownerId: owner.id,
    enabled: true,
    expiresAtMs: undefined,
    onLeak: undefined,
    revokedAtMs: undefined,
    ...unlabelled(owner.createdAtMs),
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
  { user, apiKey, password }: NewOwner,
  { setupCode, from }: { setupCode: SetupCode | undefined; from: From },
): Promise<boolean> {
  const { requestId, sourceAddress } = from;
  const actor: Actor = { requestId, sourceAddress, type: "system", id: "setup", tenantId };
  const outcome = await store.insertOwner({
    user,
    bindings: [{ role: "owner", ...accountWide }],
    apiKey,
    password,
    setupCode,
    audit: auditOf(system, actor, {
      action: "user.created",
      subjectType: "user",
      subjectId: user.id,
      after: { ...user, api_roles: ["owner"], api_key_id: apiKey?.id },
    }),
  });
  return outcome === "written";
}
