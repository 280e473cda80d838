import { Type, type Static } from "typebox";
import { oneOf, PageMetadata, PageQuery } from "./common.ts";

/** The audit log: who did what to what (`/v2/audit_events`). */

export const actorTypes = ["user", "client", "api_key", "system"] as const;

const View = Type.Record(Type.String(), Type.Unknown());

export const AuditEvent = Type.Object({
  id: Type.String({ description: "`aud_…`." }),
  at: Type.String({ format: "date-time" }),
  actor: Type.Object({ type: oneOf(actorTypes, "Who acted."), id: Type.String() }),
  action: Type.String({ description: "`<subject>.<what happened>`: `app_client.created`." }),
  subject: Type.Object({ type: Type.String(), id: Type.String() }),
  before: Type.Optional({ ...View, description: "What it was before, without secrets." }),
  after: Type.Optional({ ...View, description: "What it was afterwards, without secrets." }),
  request_id: Type.String(),
  source_address: Type.Optional(Type.String()),
  sequence: Type.Optional(
    Type.Integer({ description: "Its number in the chain, once it is sealed; without gaps." }),
  ),
  hash: Type.Optional(
    Type.String({ description: "SHA-256 over this event and the hash of the one before." }),
  ),
});
export type AuditEvent = Static<typeof AuditEvent>;

const Id = Type.String({ minLength: 1, maxLength: 200 });
const Time = Type.String({ format: "date-time", maxLength: 40 });

export const ListAuditEventsQuery = Type.Object({
  ...PageQuery.properties,
  actor_id: Type.Optional(Id),
  action: Type.Optional(
    Type.String({
      pattern: "^[a-z_]+(\\.[a-z_]+)*(\\.?\\*)?$",
      maxLength: 100,
      description: "Exactly this action, or all that begin like it: `app_client.*`.",
    }),
  ),
  subject_type: Type.Optional(Id),
  subject_id: Type.Optional(Id),
  since: Type.Optional({ ...Time, description: "Not before this time." }),
  until: Type.Optional({ ...Time, description: "Before this time." }),
});
export type ListAuditEventsQuery = Static<typeof ListAuditEventsQuery>;

export const AuditEventPage = Type.Object({
  audit_events: Type.Array(AuditEvent),
  metadata: PageMetadata,
});
export type AuditEventPage = Static<typeof AuditEventPage>;
