import { digestOf } from "../keys/secret.ts";
import type { Sealer } from "../keys/sealing.ts";
import type { UserRecord } from "../store/records.ts";
import type { FactorStore, SessionStore, UserStore } from "../store/store.ts";
import type { System } from "../system.ts";
import type { RelyingParty } from "./passkey-challenge.ts";
import type { PasswordHashes } from "./password-hash.ts";
import { startSession, type Method, type SignInFrom, type StartedSession } from "./session.ts";

/**
 * How somebody proves to be a person of ours. A password is the first step; who has a second factor
 * holds nothing but a sealed note of that step until the second is done: a note is no session, and
 * opens no other door.
 */

export interface SignInContext {
  system: System;
  store: SessionStore & FactorStore & UserStore;
  hashes: PasswordHashes;
  sealer: Sealer;
  /** Absent: the address is one that cannot have passkeys. */
  relyingParty: RelyingParty | undefined;
  /** Who signs in here. One tenant is served yet. */
  tenantId: string;
}

/** The name or the password is wrong: which one is not said. */
export class SignInRefused extends Error {
  override name = "SignInRefused";
}

/** The first step is done. */
export interface FirstStep {
  user: UserRecord;
  /** What the password was compared with. */
  passwordHash: string;
}

/**
 * Throws `SignInRefused` for whatever is wrong, after the same work, and `TooManyAtOnce` before any.
 */
export async function checkPassword(
  { store, hashes, tenantId }: SignInContext,
  { login, plainPassword }: { login: string; plainPassword: string },
  { asker }: SignInFrom,
): Promise<FirstStep> {
  const user = chosenFrom(await store.listUsersByLogin(tenantId, login), login);
  const password = await store.findPassword(user?.id ?? "");
  const isRight = await hashes.isRight(plainPassword, password?.hash, asker);
  if (!isRight || user?.enabled !== true || password === undefined) throw new SignInRefused();
  return { user, passwordHash: password.hash };
}

/** A username is one person's; an e-mail may be that of several, and then names none of them. */
function chosenFrom(users: UserRecord[], login: string): UserRecord | undefined {
  const [first, ...more] = users;
  return first?.username === login || more.length === 0 ? first : undefined;
}

export type AfterFirstStep = { started: StartedSession } | { note: string };

/** A session, or a note for the second step. Throws `SignInRefused`. */
export async function afterFirstStep(
  context: SignInContext,
  step: FirstStep,
  how: { methods: Method[]; endsPlain: string | undefined },
  from: SignInFrom,
): Promise<AfterFirstStep> {
  const { user, passwordHash } = step;
  const factors = await context.store.listFactors(user.tenantId, user.id);
  if (factors.length > 0) return { note: sealFirstStep(context, step) };
  const started = await startSession(context, user, { ...how, passwordHash }, from);
  if (started === undefined) throw new SignInRefused();
  return { started };
}

const noteLifetimeMs = 10 * 60_000;
const noteLabel = "sign_in.first_step";

interface Note {
  userId: string;
  /** Another password voids the note. */
  passwordDigest: string;
  expiresAtMs: number;
}

function sealFirstStep({ system, sealer, tenantId }: SignInContext, step: FirstStep): string {
  const note: Note = {
    userId: step.user.id,
    passwordDigest: digestOf(step.passwordHash),
    expiresAtMs: system.now() + noteLifetimeMs,
  };
  return sealer.seal({ tenantId, label: noteLabel, rowId: "" }, JSON.stringify(note));
}

/** `undefined` when it is not one of ours, is too old, or the person has changed since. */
export async function openFirstStep(
  { system, store, sealer, tenantId }: SignInContext,
  note: string,
): Promise<FirstStep | undefined> {
  let opened: Note;
  try {
    opened = JSON.parse(sealer.open({ tenantId, label: noteLabel, rowId: "" }, note)) as Note;
  } catch {
    return undefined;
  }
  if (opened.expiresAtMs <= system.now()) return undefined;
  const known = await store.findKnownUser(opened.userId);
  const password = await store.findPassword(opened.userId);
  if (known?.user.enabled !== true || password === undefined) return undefined;
  if (digestOf(password.hash) !== opened.passwordDigest) return undefined;
  return { user: known.user, passwordHash: password.hash };
}
