import { Type, type Static } from "typebox";
import { closedObject, leakPolicies, oneOf, PageMetadata, PageQuery } from "./common.ts";
import { NamedClient } from "./refusals.ts";

/**
 * Secrets that somebody found where they should not be (`/v2/leaks`). A report has the shape of
 * GitHub's secret scanning partner programme.
 */

/** How many secrets one report may name. */
export const leakReportMax = 5_000;

/** Members that are not known are let through: partners add their own. */
export const LeakReport = Type.Array(
  Type.Object({
    token: Type.String({
      minLength: 1,
      description: "The secret, or a text that holds it: a line, a URL, an assignment.",
    }),
    type: Type.Optional(Type.String({ description: "The reporter's own name for this kind." })),
    url: Type.Optional(Type.String({ description: "Where it was found; may be empty." })),
    source: Type.Optional(Type.String({ description: "In what: `commit`, `content`, `npm`, …" })),
  }),
  { maxItems: leakReportMax },
);
export type LeakReport = Static<typeof LeakReport>;

export const leakLabels = ["true_positive", "false_positive"] as const;
export type LeakLabel = (typeof leakLabels)[number];

export const LeakFeedback = Type.Array(
  Type.Object({
    token_hash: Type.String({ description: "SHA-256 of `token` as it was sent, in hexadecimal." }),
    token_type: Type.String({ description: "As it was sent." }),
    label: oneOf(leakLabels, "Whether it is a secret of ours."),
  }),
  { description: "One for each of the report, in its order." },
);
export type LeakFeedback = Static<typeof LeakFeedback>;

export const leakKinds = ["client_secret", "api_key", "verifier_secret", "access_token"] as const;
export type LeakKind = (typeof leakKinds)[number];
export const leakStates = ["active", "disabled", "expired", "revoked"] as const;
export type LeakState = (typeof leakStates)[number];
export const leakResponses = ["notified", "disabled", "revoked", "nothing_left"] as const;
export type LeakResponse = (typeof leakResponses)[number];
export const leakStatuses = ["open", "resolved", "false_alarm"] as const;
export type LeakStatus = (typeof leakStatuses)[number];

const Time = Type.String({ format: "date-time" });

export const Leak = Type.Object({
  id: Type.String({ description: "`lek_…`" }),
  status: oneOf(leakStatuses, "`open` until somebody says otherwise, and again at a new place."),
  kind: oneOf(leakKinds, "What leaked."),
  subject_id: Type.String({ description: "The credential, API key or API, or the token's `jti`." }),
  hint: Type.String({ description: "The last characters, to tell one from another." }),
  client: Type.Optional(NamedClient),
  owner: Type.Optional(
    Type.Object({ type: Type.String(), id: Type.String() }, { description: "Of an API key." }),
  ),
  state: oneOf(leakStates, "What it was worth when it was reported."),
  policy: oneOf(leakPolicies, "Its `on_leak` when it was reported."),
  response: oneOf(leakResponses, "What was done at once."),
  explanation: Type.String(),
  what_to_do: Type.String(),
  place_count: Type.Integer({ description: "At how many places it was seen." }),
  note: Type.String(),
  first_reported_at: Time,
  last_reported_at: Time,
});
export type Leak = Static<typeof Leak>;

export const LeakPlace = Type.Object({
  url: Type.String(),
  source: Type.String(),
  type: Type.String(),
  reported_by: Type.Object({
    type: Type.String({ description: "`partner`, or the kind of caller." }),
    id: Type.String({ description: "Of a partner: which key signed." }),
  }),
  reported_at: Time,
});
export type LeakPlace = Static<typeof LeakPlace>;

/** What it could have touched. */
export const LeakReach = Type.Object({
  permissions: Type.Array(Type.String(), { description: "For the whole account." }),
  resources: Type.Array(
    Type.Object({
      type: Type.String(),
      identifier: Type.String(),
      actions: Type.Array(Type.String()),
    }),
    { description: "On single resources." },
  ),
  tokens_issued: Type.Optional(
    Type.Integer({ description: "How many tokens it earned, as far as counts are kept." }),
  ),
  first_used_at: Type.Optional(Time),
  last_used_at: Type.Optional(Time),
  last_used_address: Type.Optional(Type.String()),
  last_used_user_agent: Type.Optional(Type.String()),
});
export type LeakReach = Static<typeof LeakReach>;

export const LeakDetails = Type.Object({
  ...Leak.properties,
  places: Type.Array(LeakPlace, { description: "Oldest first; the first hundred are kept." }),
  reach: LeakReach,
});
export type LeakDetails = Static<typeof LeakDetails>;

export const UpdateLeak = closedObject({
  status: Type.Optional(oneOf(leakStatuses, "What became of it.")),
  note: Type.Optional(Type.String({ maxLength: 1_000 })),
});
export type UpdateLeak = Static<typeof UpdateLeak>;

export const ListLeaksQuery = Type.Object({
  ...PageQuery.properties,
  status: Type.Optional(oneOf(leakStatuses, "Only those.")),
  kind: Type.Optional(oneOf(leakKinds, "Only those.")),
  client_id: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  subject_id: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
});
export type ListLeaksQuery = Static<typeof ListLeaksQuery>;

export const LeakPage = Type.Object({ leaks: Type.Array(Leak), metadata: PageMetadata });
export type LeakPage = Static<typeof LeakPage>;
