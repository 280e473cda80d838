import { AdminError } from "../errors/admin-error.ts";
import { findMissing, type Rights } from "./rights.ts";

/** Nobody grants, puts on a credential, or reveals more than they hold. Throws 403. */
export function checkHolds(held: Rights, wanted: Rights): void {
  const missing = findMissing(held, wanted);
  if (missing === undefined) return;
  const { permission, resource } = missing;
  const where = resource === undefined ? "" : ` on ${resource.type} ${resource.id}`;
  throw new AdminError(403, `This needs ${permission}${where}, which you do not hold yourself.`, {
    challenge: { error: "insufficient_scope", scope: permission },
  });
}
