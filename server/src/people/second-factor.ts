import { auditOf } from "../audit/audit.ts";
import { AdminError, badField, notFound } from "../errors/admin-error.ts";
import { digestOf } from "../keys/secret.ts";
import type { UserRecord } from "../store/records.ts";
import type { FactorRecord, SessionRecord, UsedChallenge } from "../store/store.ts";
import { newId, type System } from "../system.ts";
import { digestOfCode, newPlainCode } from "./one-time-code.ts";
import { actorOf, type Method, type SignInFrom } from "./session.ts";
import { SignInRefused, type SignInContext } from "./sign-in.ts";
import { findTotpStep, newTotpSecret } from "./totp.ts";

/**
 * What a person proves besides the password: a code from a device, a passkey, or, when those are lost,
 * one of the recovery codes. Each code is good once. Secrets of devices are sealed, recovery codes are digests.
 */

const factorsMax = 10;
const recoveryCodes = 10;
const nameCharactersMax = 60;
const pendingLabel = "factor.pending";
const secretLabel = "factor.secret";
const pendingLifetimeMs = 30 * 60_000;

/** A secret that counts once its first code was brought: until then it is a sealed text on a page. */
export function offerTotp(
  { system, sealer }: SignInContext,
  { tenantId, id }: Pick<UserRecord, "tenantId" | "id">,
): { secret: string; pending: string } {
  const secret = newTotpSecret(system);
  const offer = JSON.stringify({ secret, untilMs: system.now() + pendingLifetimeMs });
  return { secret, pending: sealer.seal({ tenantId, label: pendingLabel, rowId: id }, offer) };
}

/** The secret of an offer, or `undefined` when it is not one to this person, or too old. */
export function openOffer(
  { system, sealer }: SignInContext,
  { tenantId, id }: Pick<UserRecord, "tenantId" | "id">,
  pending: string,
): string | undefined {
  try {
    const text = sealer.open({ tenantId, label: pendingLabel, rowId: id }, pending);
    const { secret, untilMs } = JSON.parse(text) as { secret: string; untilMs: number };
    return untilMs > system.now() ? secret : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Answers recovery codes with the first factor, this once. Throws 400 for a wrong code and 409 when there
 * are too many factors.
 */
export async function addTotp(
  context: SignInContext,
  own: SessionRecord,
  offered: { secret: string; code: string; name: string },
  from: SignInFrom,
): Promise<string[]> {
  const { system, sealer } = context;
  const { tenantId, userId } = own;
  const step = findTotpStep(offered.secret, offered.code, system.now());
  if (step === undefined) throw badField("code", "This is not the code that the device shows now.");
  const id = newId(system, "fct_");
  const factor: FactorRecord = {
    id,
    tenantId,
    userId,
    kind: "totp",
    name: offered.name || "Authenticator app",
    sealedSecret: sealer.seal({ tenantId, label: secretLabel, rowId: id }, offered.secret),
    lastStep: step,
    credentialId: undefined,
    publicKey: undefined,
    signCount: undefined,
    transports: [],
    createdAtMs: system.now(),
    lastUsedAtMs: undefined,
  };
  return addFactor(context, own, { factor, challenge: undefined }, from);
}

/** Answers recovery codes with the first factor, this once. Throws 409. */
export async function addFactor(
  { system, store }: SignInContext,
  own: SessionRecord,
  { factor: given, challenge }: { factor: FactorRecord; challenge: UsedChallenge | undefined },
  from: SignInFrom,
): Promise<string[]> {
  const { tenantId, userId } = own;
  const factor = { ...given, name: given.name.slice(0, nameCharactersMax) };
  const isFirst = (await store.listFactors(tenantId, userId)).length === 0;
  const codes = isFirst ? newCodes(system) : [];
  const outcome = await store.insertFactor({
    factor,
    challenge,
    factorsMax,
    recoveryDigests: codes.map((code) => digestOf(code)),
    audit: auditOf(system, actorOf(own, from), {
      action: "user.factor_added" as const,
      subjectType: "user",
      subjectId: userId,
      after: { factor_id: factor.id, kind: factor.kind, name: factor.name },
    }),
  });
  if (outcome === "conflict") {
    throw new AdminError(409, `There are ${factorsMax} already, or another was added just now.`);
  }
  return codes;
}

/** Throws 404. */
export async function removeFactor(
  { system, store }: SignInContext,
  { tenantId, userId }: SessionRecord,
  id: string,
  from: SignInFrom,
): Promise<void> {
  const audit = auditOf(system, actorOf({ tenantId, userId }, from), {
    action: "user.factor_removed" as const,
    subjectType: "user",
    subjectId: userId,
    before: { factor_id: id },
  });
  const outcome = await store.deleteFactor({ tenantId, userId, id, audit });
  if (outcome === "conflict") throw notFound(id);
}

/** The codes before them are void. */
export async function renewRecoveryCodes(
  { system, store }: SignInContext,
  own: SessionRecord,
  from: SignInFrom,
): Promise<string[]> {
  const { tenantId, userId } = own;
  if ((await store.listFactors(tenantId, userId)).length === 0) {
    throw new AdminError(409, "Recovery codes stand in for a second factor: add one first.");
  }
  const codes = newCodes(system);
  const audit = auditOf(system, actorOf(own, from), codeAct("renewed", userId));
  const digests = codes.map((code) => digestOf(code));
  await store.replaceRecoveryCodes({ tenantId, userId, digests, audit });
  return codes;
}

/**
 * Spends a code. `mayGuess` is false once too many six-digit codes were wrong: then only recovery codes,
 * which nobody guesses, are looked at. Throws `SignInRefused`.
 */
export async function checkSecondStep(
  context: SignInContext,
  user: UserRecord,
  { code, mayGuess }: { code: string; mayGuess: boolean },
  from: SignInFrom,
): Promise<Method> {
  if (mayGuess && (await spendTotp(context, user, code))) return "totp";
  const { system, store } = context;
  const { tenantId, id: userId } = user;
  const audit = auditOf(system, actorOf({ tenantId, userId }, from), codeAct("used", userId));
  const digest = digestOfCode(code);
  const outcome = await store.spendRecoveryCode({ tenantId, userId, digest, audit });
  if (outcome === "conflict") throw new SignInRefused();
  return "recovery_code";
}

async function spendTotp(
  { system, store, sealer }: SignInContext,
  { tenantId, id: userId }: UserRecord,
  code: string,
): Promise<boolean> {
  const atMs = system.now();
  for (const { id, sealedSecret } of await store.listFactors(tenantId, userId)) {
    if (sealedSecret === undefined) continue;
    const secret = sealer.open({ tenantId, label: secretLabel, rowId: id }, sealedSecret);
    const step = findTotpStep(secret, code, atMs);
    if (step === undefined) continue;
    if ((await store.spendTotpStep({ tenantId, id, step, atMs })) === "written") return true;
  }
  return false;
}

const newCodes = (system: System): string[] =>
  Array.from({ length: recoveryCodes }, () => newPlainCode(system));

const codeAct = (what: "renewed" | "used", userId: string) => ({
  action: `user.recovery_code_${what}` as const,
  subjectType: "user",
  subjectId: userId,
});
