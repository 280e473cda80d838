import type { Actor } from "../audit/audit.ts";
import { AdminError } from "../errors/admin-error.ts";
import { digestOf } from "../keys/secret.ts";
import type { IdempotencyRecord } from "../store/records.ts";
import type { System } from "../system.ts";

/** `Idempotency-Key`: a request that is sent again gets what the first one made, for a day. */

const keptMs = 24 * 3_600_000;

/** What to remember of a request; `undefined` for one without a key. */
export function idempotencyOf(
  system: System,
  actor: Actor,
  { key, request, subjectId }: { key: string | undefined; request: unknown[]; subjectId: string },
): IdempotencyRecord | undefined {
  if (key === undefined) return undefined;
  return {
    tenantId: actor.tenantId,
    principalId: actor.id,
    key,
    requestDigest: digestOf(JSON.stringify(request)),
    subjectId,
    expiresAtMs: system.now() + keptMs,
  };
}

/** What the first request made. Throws 422 when that was another request. */
export function firstSubjectOf(
  earlier: { requestDigest: string; subjectId: string },
  repeated: IdempotencyRecord | undefined,
): string {
  if (earlier.requestDigest === repeated?.requestDigest) return earlier.subjectId;
  throw new AdminError(422, "This Idempotency-Key was used for another request.");
}
