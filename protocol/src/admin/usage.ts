import { Type, type Static } from "typebox";
import { oneOf, PageMetadata, PageQuery } from "./common.ts";
import { NamedClient } from "./refusals.ts";

/** Who gets tokens, how often, and what was noticed (`/v2/usage`, `/v2/findings`). */

export const usageGroups = ["client", "credential", "cause", "time"] as const;
export type UsageGroupBy = (typeof usageGroups)[number];
export const usageResolutions = ["minute", "hour", "day"] as const;
export type UsageResolution = (typeof usageResolutions)[number];

const Time = Type.String({ format: "date-time", maxLength: 40 });
const Count = Type.Integer({ minimum: 0 });

export const UsageQuery = Type.Object({
  since: Type.Optional({ ...Time, description: "Default: a day before `until`." }),
  until: Type.Optional({ ...Time, description: "Default: now." }),
  client_id: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  group_by: { ...oneOf(usageGroups, "What the counts are added up by."), default: "time" },
  resolution: {
    ...oneOf(
      usageResolutions,
      "Minutes are kept for 48 hours, hours for 90 days, days for two years.",
    ),
    default: "hour",
  },
  limit: Type.Integer({
    minimum: 1,
    maximum: 1000,
    default: 100,
    description: "How many groups at most, the largest first. Not used with `group_by=time`.",
  }),
});
export type UsageQuery = Static<typeof UsageQuery>;

export const UsageGroup = Type.Object({
  client_id: Type.Optional(
    Type.String({ description: "Empty for requests that named no client of the account." }),
  ),
  client: Type.Optional(NamedClient),
  credential_id: Type.Optional(Type.String()),
  cause: Type.Optional(Type.String({ description: "Why requests were refused." })),
  at: Type.Optional(Type.String({ format: "date-time", description: "When this span began." })),
  issued: Count,
  refused: Count,
});
export type UsageGroup = Static<typeof UsageGroup>;

export const UsageGap = Type.Object(
  { from: Type.String({ format: "date-time" }), until: Type.String({ format: "date-time" }) },
  { description: "A span in which something may have happened that nobody counted." },
);

export const Usage = Type.Object({
  since: Type.String({ format: "date-time", description: "As asked, at the start of a span." }),
  until: Type.String({ format: "date-time" }),
  resolution: oneOf(usageResolutions, "As asked."),
  group_by: oneOf(usageGroups, "As asked."),
  issued: Count,
  refused: Count,
  groups: Type.Array(UsageGroup),
  is_truncated: Type.Boolean({
    description: "Whether there are smaller groups that are left out.",
  }),
  gaps: Type.Array(UsageGap),
});
export type Usage = Static<typeof Usage>;

export const UnusedClientsQuery = Type.Object({
  ...PageQuery.properties,
  days: Type.Integer({ minimum: 1, maximum: 730, default: 90 }),
});

export const UnusedClientPage = Type.Object({
  unused_clients: Type.Array(
    Type.Object({
      ...NamedClient.properties,
      enabled: Type.Boolean(),
      created_at: Type.String({ format: "date-time" }),
      last_used_at: Type.Optional(Type.String({ format: "date-time" })),
    }),
  ),
  since: Type.String({ format: "date-time", description: "None of them got a token since." }),
  gaps: Type.Array(UsageGap),
  metadata: PageMetadata,
});
export type UnusedClientPage = Static<typeof UnusedClientPage>;

export const findingKinds = [
  "secret_from_browser",
  "many_tokens",
  "secret_leaked",
  "old_algorithm",
] as const;
export type FindingKind = (typeof findingKinds)[number];

export const Finding = Type.Object({
  kind: oneOf(findingKinds, "What was noticed."),
  origin: Type.Optional(
    Type.String({
      description: "Where it was last seen: the web origin, or the audience of the API.",
    }),
  ),
  count: Type.Integer(),
  first_seen_at: Type.String({ format: "date-time" }),
  last_seen_at: Type.String({ format: "date-time" }),
});
export type Finding = Static<typeof Finding>;

export const ListFindingsQuery = Type.Object({
  ...PageQuery.properties,
  client_id: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  kind: Type.Optional(oneOf(findingKinds, "Only what was noticed of this kind.")),
});

export const FindingPage = Type.Object({
  findings: Type.Array(
    Type.Object({
      ...Finding.properties,
      client_id: Type.String(),
      client: Type.Optional(NamedClient),
      explanation: Type.String(),
      what_to_do: Type.String(),
    }),
  ),
  metadata: PageMetadata,
});
export type FindingPage = Static<typeof FindingPage>;
