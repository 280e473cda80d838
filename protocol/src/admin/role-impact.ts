import { Type, type Static } from "typebox";
import { closedObject, oneOf, PageMetadata, PageQuery } from "./common.ts";
import { principalTypes } from "./explain.ts";
import { UpdateRole } from "./roles.ts";

/** Who holds a role (`/v2/roles/{name}/holders`), and what a change would take from them (`…/impact`). */

const Principal = Type.Object({
  type: oneOf(principalTypes, "What kind of holder it is."),
  id: Type.String({ description: "`app_…`, `usr_…` or `aky_…`." }),
  name: Type.Optional(Type.String({ description: "Absent when it is gone." })),
});
export type Principal = Static<typeof Principal>;

export const RoleHolder = Type.Object({
  principal: Principal,
  resource_type: Type.String({ description: "`account`: for all of it." }),
  resource_id: Type.String(),
});
export type RoleHolder = Static<typeof RoleHolder>;

export const RoleHolderPage = Type.Object({
  holders: Type.Array(RoleHolder),
  metadata: PageMetadata,
});
export type RoleHolderPage = Static<typeof RoleHolderPage>;

export const ListHoldersQuery = PageQuery;

const { permissions, resource_types } = UpdateRole.properties;

export const AskImpact = closedObject({
  permissions,
  resource_types,
  deleted: Type.Optional(
    Type.Boolean({ default: false, description: "What if the role were deleted." }),
  ),
});
export type AskImpact = Static<typeof AskImpact>;

/** Whoever used a permission most comes first; of very many, only the first are named. */
export const principalsNamedMax = 20;

const LostPermission = Type.Object({
  permission: Type.String(),
  calls: Type.Integer({
    description:
      "How many of their calls would have been refused, of those that are counted: at least so many.",
  }),
  principals: Type.Integer({ description: "How many holders made them." }),
  last_used_at: Type.String({ format: "date-time" }),
  used_by: Type.Array(
    Type.Object({
      principal: Principal,
      calls: Type.Integer(),
      last_used_at: Type.String({ format: "date-time" }),
    }),
    { description: `At most ${principalsNamedMax}, whoever used it most first.` },
  ),
});

export const RoleImpact = Type.Object({
  holders: Type.Integer({ description: "How many hold the role." }),
  since: Type.String({ format: "date-time", description: "Uses from then on were looked at." }),
  added: Type.Array(Type.String()),
  dropped: Type.Array(Type.String()),
  lost: Type.Array(LostPermission, {
    description:
      "What is dropped, was used, and is held by nothing else. Counted are calls to this server, and tokens that were asked for with the permission by name: an API that verifies tokens for itself tells nobody what they were used for.",
  }),
  is_complete: Type.Boolean({
    description: "False when more holders used what is dropped than were looked at.",
  }),
});
export type RoleImpact = Static<typeof RoleImpact>;
