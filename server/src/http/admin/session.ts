import { Type } from "typebox";
import { ErrorBody, NotFoundBody } from "@countersign/protocol/admin/common.ts";
import {
  BySessionId,
  Session,
  SignedInList,
  type SignedIn,
} from "@countersign/protocol/admin/session.ts";
import { detailsOfRights } from "../../access/rights.ts";
import { AdminError } from "../../errors/admin-error.ts";
import { endSession, listSessions, type LiveSession } from "../../people/session.ts";
import type { SessionRecord, SessionStore } from "../../store/store.ts";
import type { System } from "../../system.ts";
import type { Caller } from "../caller.ts";
import { isoTime } from "../iso-time.ts";
import type { AdminServer } from "./route.ts";

/** `/v2/session`: who is signed in, where else, and what they may do. */

export interface SessionRoutes {
  system: System;
  store: SessionStore;
}

const common = { tags: ["Session"], security: [{ session: [] }] };
const refusals = {
  401: { ...ErrorBody, description: "Nobody is signed in." },
  403: { ...ErrorBody, description: "The caller is no person in a browser." },
};

const read = {
  schema: {
    ...common,
    summary: "Who is signed in",
    description: "For the console: needs the cookie of a session, and no permission.",
    response: { 200: Session, ...refusals } as { 200: typeof Session },
  },
};
const list = {
  schema: {
    ...common,
    summary: "Where the person is signed in",
    description: "Newest first, one for each browser. Needs the cookie of a session.",
    response: { 200: SignedInList, ...refusals } as { 200: typeof SignedInList },
  },
};
const end = {
  schema: {
    ...common,
    summary: "End one of the person's sessions",
    description: "This one, too: the person is signed out then.",
    params: BySessionId,
    response: {
      204: Type.Null(),
      ...refusals,
      404: { ...NotFoundBody, description: "The person has no such session." },
    },
  },
};

export function registerSession(server: AdminServer, context: SessionRoutes): void {
  server.get("/session", read, ({ caller }) => {
    const { session, user, recentUntilMs } = sessionOf(caller);
    return {
      id: session.id,
      user: { id: user.id, username: user.username, email: user.email, name: user.name },
      tenant_id: user.tenantId,
      api_roles: user.roles,
      permissions: [...caller.rights.account].toSorted(),
      authorization_details: detailsOfRights(caller.rights),
      methods: session.methods,
      recent_sign_in_until: isoTime(recentUntilMs),
      created_at: isoTime(session.createdAtMs),
      expires_at: isoTime(session.expiresAtMs),
    };
  });

  server.get("/session/sessions", list, async ({ caller }) => {
    const { session: own } = sessionOf(caller);
    const sessions = await listSessions(context, own);
    return { sessions: sessions.map((one) => toSignedIn(one, own.id)) };
  });

  server.delete("/session/sessions/:id", end, async ({ caller, params }, reply) => {
    const { session: own } = sessionOf(caller);
    await endSession(context, own, params.id, caller.actor);
    return reply.code(204).send(null);
  });
}

/** Throws 403. */
function sessionOf({ session }: Caller): LiveSession {
  if (session !== undefined) return session;
  throw new AdminError(403, "This is for people who are signed in.");
}

const toSignedIn = (session: SessionRecord, ownId: string): SignedIn => ({
  id: session.id,
  current: session.id === ownId,
  methods: session.methods,
  address: session.address,
  user_agent: session.userAgent,
  created_at: isoTime(session.createdAtMs),
  last_used_at: isoTime(session.lastUsedAtMs),
  expires_at: isoTime(session.expiresAtMs),
});
