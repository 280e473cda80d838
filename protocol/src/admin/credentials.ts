import { Type, type Static } from "typebox";
import { closedObject, OnLeak, oneOf } from "./common.ts";

/** The credentials of one app client (`/v2/app_clients/{id}/credentials`). */

/** How many credentials of a client may be live at once, so that a rotation can overlap. */
export const liveCredentialsMax = 5;

export const credentialStates = ["active", "disabled", "expired", "revoked"] as const;
export type CredentialState = (typeof credentialStates)[number];

const DateTime = Type.String({ format: "date-time" });

export const CreateCredential = closedObject({
  description: Type.Optional(Type.String({ maxLength: 255 })),
  expires_at: Type.Optional(DateTime),
  on_leak: Type.Optional(OnLeak),
});
export type CreateCredential = Static<typeof CreateCredential>;

export const UpdateCredential = closedObject({
  enabled: Type.Optional(Type.Boolean()),
  disabled_until: Type.Optional(
    Type.String({
      format: "date-time",
      description:
        "With `enabled: false`: when it comes back by itself. To let it come back sooner than it would " +
        "is for callers who hold all that the client may do, as to enable it is.",
    }),
  ),
  description: Type.Optional(Type.String({ maxLength: 255 })),
  on_leak: Type.Optional(OnLeak),
});
export type UpdateCredential = Static<typeof UpdateCredential>;

export const SafeToRemove = Type.Object({
  safe: Type.Boolean(),
  reason: Type.String({ description: "Why, or what is still missing." }),
  quiet_since: Type.Optional(DateTime),
});

export const Credential = Type.Object({
  id: Type.String(),
  kind: oneOf(["secret"], "What kind of proof it is."),
  client_secret: Type.Optional(
    Type.String({
      description:
        "In the answer to create, and in read by id for callers who hold " +
        "`app_clients:reveal_secret`.",
    }),
  ),
  hint: Type.String({ description: "The last characters, to tell one from another." }),
  description: Type.String(),
  state: oneOf(credentialStates, "Whether it is accepted now."),
  on_leak: OnLeak,
  created_at: DateTime,
  expires_at: Type.Optional(DateTime),
  disabled_until: Type.Optional(DateTime),
  first_used_at: Type.Optional(DateTime),
  last_used_at: Type.Optional(DateTime),
  last_used_address: Type.Optional(Type.String()),
  last_used_user_agent: Type.Optional(Type.String()),
  safe_to_remove: SafeToRemove,
});
export type Credential = Static<typeof Credential>;

export const CredentialList = Type.Object({ credentials: Type.Array(Credential) });
export type CredentialList = Static<typeof CredentialList>;
