import { ErrorBody } from "@countersign/protocol/admin/common.ts";
import { Session } from "@countersign/protocol/admin/session.ts";
import { detailsOfRights } from "../../access/rights.ts";
import { AdminError } from "../../errors/admin-error.ts";
import { isoTime } from "../iso-time.ts";
import type { AdminServer } from "./route.ts";

/** `/v2/session`: who is signed in, and what they may do. */

const read = {
  schema: {
    tags: ["Session"],
    summary: "Who is signed in",
    description: "For the console: needs the cookie of a session, and no permission.",
    security: [{ session: [] }],
    response: {
      200: Session,
      401: { ...ErrorBody, description: "Nobody is signed in." },
      403: { ...ErrorBody, description: "The caller is no person in a browser." },
    } as { 200: typeof Session },
  },
};

export function registerSession(server: AdminServer): void {
  server.get("/session", read, ({ caller }) => {
    if (caller.session === undefined) {
      throw new AdminError(403, "This is for people who are signed in.");
    }
    const { session, user, recentUntilMs } = caller.session;
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
}
