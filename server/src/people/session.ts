import { auditOf, type Actor } from "../audit/audit.ts";
import { notFound } from "../errors/admin-error.ts";
import { digestOf } from "../keys/secret.ts";
import type { KnownUsers, KnownUser } from "./known-users.ts";
import type { SessionRecord, SessionStore } from "../store/store.ts";
import { newId, type System } from "../system.ts";

/**
 * That somebody is signed in. A session lives on the server: what ends it ends it at once, whatever a
 * browser still holds. How somebody comes to have one is in `sign-in.ts`.
 */

export interface SessionContext {
  system: System;
  store: SessionStore;
}

/** Where an act comes from. */
export type ActFrom = Pick<Actor, "requestId" | "sourceAddress">;

/** Where a sign-in comes from. */
export interface SignInFrom extends ActFrom {
  sourceAddress: string;
  userAgent: string;
  /** Who shares a place in the queue, and a budget: an address or a network. */
  asker: string;
}

const idleMs = 12 * 3_600_000;
const lifetimeMs = 7 * 24 * 3_600_000;
/** For how long after a sign-in a person may do what needs a recent one. */
const recentMs = 15 * 60_000;
const touchEveryMs = 60_000;
const sessionsMax = 50;

export type Method = "password" | "totp" | "recovery_code" | "passkey";

export interface StartedSession {
  session: SessionRecord;
  /** For the cookie; only its digest is kept. */
  plainSession: string;
}

/**
 * A session of its own for each sign-in: a secret that the browser had before is never taken over, and
 * the session that it stood for ends. `undefined` when the person was disabled, deleted or given
 * another password meanwhile.
 */
export async function startSession(
  { system, store }: SessionContext,
  person: { tenantId: string; id: string },
  how: { methods: Method[]; passwordHash: string | undefined; endsPlain: string | undefined },
  from: SignInFrom,
): Promise<StartedSession | undefined> {
  const atMs = system.now();
  const plainSession = newPlainSession(system);
  const session: SessionRecord = {
    id: newId(system, "ses_"),
    tenantId: person.tenantId,
    userId: person.id,
    digest: digestOf(plainSession),
    methods: how.methods,
    createdAtMs: atMs,
    confirmedAtMs: atMs,
    lastUsedAtMs: atMs,
    expiresAtMs: atMs + lifetimeMs,
    address: from.sourceAddress,
    userAgent: from.userAgent,
  };
  const outcome = await store.insertSession({
    session,
    passwordHash: how.passwordHash,
    endsDigest: how.endsPlain === undefined ? undefined : digestOf(how.endsPlain),
    sessionsMax,
    audit: auditOf(system, actorOf(session, from), actOn(session, "started")),
  });
  return outcome === "written" ? { session, plainSession } : undefined;
}

export interface LiveSession {
  session: SessionRecord;
  user: KnownUser;
  /** Until when what needs a recent sign-in may be done. */
  recentUntilMs: number;
}

export type FindLiveSession = (plainSession: string) => Promise<LiveSession | undefined>;

/**
 * Whose session a cookie stands for, while it counts. The caches must have caught up with the store
 * before. Rejects with `StoreUnavailable`.
 */
export function createFindLiveSession(
  { system, store }: SessionContext,
  users: KnownUsers,
): FindLiveSession {
  return async (plainSession) => {
    const session = await store.findSession(digestOf(plainSession));
    const atMs = system.now();
    if (session === undefined || !isAlive(session, atMs)) return undefined;
    const user = await users.find(session.userId);
    if (user?.enabled !== true || user.tenantId !== session.tenantId) return undefined;
    if (atMs - session.lastUsedAtMs >= touchEveryMs) {
      const { tenantId, id } = session;
      // Only when it goes idle is at stake: a failure to note that is no reason to refuse.
      await store.touchSession({ tenantId, id, atMs }).catch(() => undefined);
    }
    return { session, user, recentUntilMs: session.confirmedAtMs + recentMs };
  };
}

const isAlive = ({ expiresAtMs, lastUsedAtMs }: SessionRecord, atMs: number): boolean =>
  atMs < expiresAtMs && atMs - lastUsedAtMs < idleMs;

/** The person proved again to be there: the same session under a new secret. */
export async function confirmSession(
  { system, store }: SessionContext,
  session: SessionRecord,
  methods: Method[],
  from: SignInFrom,
): Promise<string | undefined> {
  const plainSession = newPlainSession(system);
  const outcome = await store.confirmSession({
    tenantId: session.tenantId,
    id: session.id,
    fromDigest: session.digest,
    digest: digestOf(plainSession),
    methods: [...new Set([...session.methods, ...methods])],
    atMs: system.now(),
    audit: auditOf(system, actorOf(session, from), actOn(session, "confirmed")),
  });
  return outcome === "written" ? plainSession : undefined;
}

/** Those that count now, newest first. */
export async function listSessions(
  { system, store }: SessionContext,
  { tenantId, userId }: SessionRecord,
): Promise<SessionRecord[]> {
  const atMs = system.now();
  const all = await store.listSessions(tenantId, userId, atMs);
  return all.filter((session) => isAlive(session, atMs));
}

/** Ends one of the person's sessions, this one too. Throws 404 for anybody else's. */
export async function endSession(
  { system, store }: SessionContext,
  own: SessionRecord,
  id: string,
  from: ActFrom,
): Promise<void> {
  const { tenantId, userId } = own;
  const audit = auditOf(system, actorOf(own, from), actOn({ ...own, id }, "ended"));
  const outcome = await store.endSessions({ tenantId, userId, which: { id }, audit });
  if (outcome === "conflict") throw notFound(id);
}

/** Ends all of the person's sessions but this one; there may be none. */
export async function endOtherSessions(
  { system, store }: SessionContext,
  own: SessionRecord,
  from: SignInFrom,
): Promise<void> {
  const { tenantId, userId, id } = own;
  const audit = auditOf(system, actorOf(own, from), actOn(own, "others_ended"));
  await store.endSessions({ tenantId, userId, which: { exceptId: id }, audit });
}

const newPlainSession = (system: System): string => system.randomBytes(32).toString("base64url");

export const actorOf = (
  { tenantId, userId }: Pick<SessionRecord, "tenantId" | "userId">,
  { requestId, sourceAddress }: ActFrom,
): Actor => ({ type: "user", id: userId, tenantId, requestId, sourceAddress });

const actOn = ({ id, methods }: Pick<SessionRecord, "id" | "methods">, what: string) => ({
  action: `session.${what}` as const,
  subjectType: "session",
  subjectId: id,
  after: { methods },
});
