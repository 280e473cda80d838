import { Type, type Static } from "typebox";
import { permissionPattern } from "../permissions.ts";
import { closedObject, oneOf } from "./common.ts";

/** Why somebody may do something, or not (`/v2/explain`). */

export const principalTypes = ["app_client", "user", "api_key"] as const;

const Resource = closedObject({
  type: Type.String({ pattern: "^(?!account$)[a-z][a-z0-9_]{0,31}$" }),
  id: Type.String({ pattern: "^[!-~]{1,200}$" }),
});

export const Explain = closedObject({
  principal: closedObject({
    type: oneOf(principalTypes, "Who it is about."),
    id: Type.String({
      minLength: 1,
      maxLength: 100,
      description: "`app_…`, `usr_…` or `aky_…`.",
    }),
  }),
  permission: Type.String({ pattern: permissionPattern, maxLength: 100 }),
  resource: Type.Optional({
    ...Resource,
    description: "Absent: for the whole account.",
  }),
});
export type Explain = Static<typeof Explain>;

export const Explanation = Type.Object({
  allowed: Type.Boolean(),
  because: Type.Array(
    Type.Object({
      role: Type.String(),
      resource_type: Type.String(),
      resource_id: Type.String(),
    }),
    { description: "Each role that alone would do." },
  ),
  missing: Type.Optional(Type.String({ description: "The permission, when it is not held." })),
  why: Type.String({ description: "In words." }),
});
export type Explanation = Static<typeof Explanation>;
