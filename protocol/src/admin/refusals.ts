import { Type, type Static } from "typebox";
import { PageMetadata, PageQuery } from "./common.ts";

/** Why requests were refused (`/v2/refusals`). */

/** An app client that something is said about; its name is shown to its own account only. */
export const NamedClient = Type.Object({
  id: Type.String({ description: "The name of the resource: `app_…`." }),
  client_id: Type.String(),
  name: Type.String(),
});

const Detail = Type.Union([
  Type.String(),
  Type.Number(),
  Type.Boolean(),
  Type.Array(Type.String()),
]);

export const Refusal = Type.Object({
  id: Type.String({ description: "The `request_id` that the refused caller was given." }),
  at: Type.String({ format: "date-time" }),
  endpoint: Type.String({ description: "Method and route." }),
  status: Type.Integer(),
  error: Type.Optional(Type.String({ description: "The error code of the answer." })),
  cause: Type.String({ description: "Why: one of a fixed list. Strangers never see it." }),
  explanation: Type.String({ description: "The cause in words." }),
  what_to_do: Type.String(),
  client: Type.Optional(NamedClient),
  source_address: Type.String(),
  details: Type.Record(Type.String(), Detail, {
    description: "What is known beyond the cause; nothing of it is as somebody typed it.",
  }),
});
export type Refusal = Static<typeof Refusal>;

export const ListRefusalsQuery = Type.Object({
  ...PageQuery.properties,
  client_id: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  cause: Type.Optional(Type.String({ pattern: "^[a-z_]+$", maxLength: 100 })),
});
export type ListRefusalsQuery = Static<typeof ListRefusalsQuery>;

export const RefusalPage = Type.Object({
  refusals: Type.Array(Refusal),
  metadata: PageMetadata,
});
export type RefusalPage = Static<typeof RefusalPage>;
