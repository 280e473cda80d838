import { Type, type Static } from "typebox";

/** Who is signed in (`/v2/session`): for the console. */

export const Session = Type.Object({
  id: Type.String(),
  user: Type.Object({
    id: Type.String(),
    username: Type.String(),
    email: Type.String(),
    name: Type.String({ description: "May be empty." }),
  }),
  tenant_id: Type.String(),
  api_roles: Type.Array(Type.String()),
  permissions: Type.Array(Type.String(), {
    description: "Those that hold for the whole account.",
  }),
  authorization_details: Type.Array(Type.Object({}, { additionalProperties: true }), {
    description: "Rights on single resources, as tokens carry them.",
  }),
  methods: Type.Array(Type.String(), {
    description: "What the person proved: `password`, `totp`, `recovery_code`, `passkey`.",
  }),
  recent_sign_in_until: Type.String({
    format: "date-time",
    description:
      "Until then secrets can be read. Afterwards the answer is 403 with `code` `recent_sign_in_required`: send the person to `/login/confirm?return_to=`.",
  }),
  created_at: Type.String({ format: "date-time" }),
  expires_at: Type.String({ format: "date-time" }),
});
export type Session = Static<typeof Session>;

/** One browser in which somebody is signed in. */
export const SignedIn = Type.Object({
  id: Type.String(),
  current: Type.Boolean({ description: "Whether it is the one that asks." }),
  methods: Type.Array(Type.String()),
  address: Type.String({ description: "Where the sign-in came from." }),
  user_agent: Type.String(),
  created_at: Type.String({ format: "date-time" }),
  last_used_at: Type.String({ format: "date-time", description: "To the minute." }),
  expires_at: Type.String({ format: "date-time" }),
});
export type SignedIn = Static<typeof SignedIn>;

export const SignedInList = Type.Object({ sessions: Type.Array(SignedIn) });
export type SignedInList = Static<typeof SignedInList>;

export const BySessionId = Type.Object({ id: Type.String({ minLength: 1, maxLength: 100 }) });
