import { Type, type Static } from "typebox";
import { closedObject, ExternalId, filterOf, Labels, PageMetadata, PageQuery } from "./common.ts";
import { AgentRoles, ApiRoles, CorpusRoles, ResourceRoles } from "./role-bindings.ts";

/** People (`/v2/users`). */

const Email = Type.String({
  pattern: "^[^@\\s\\u0000-\\u001f]{1,64}@[^@\\s\\u0000-\\u001f]{1,190}$",
});
/** Not a dot or two: those are steps in a path, even when they are percent-encoded. */
const Username = Type.String({
  pattern: "^(?!\\.{1,2}$)[^\\s\\u0000-\\u001f\\u007f]{1,255}$",
  description: "The name of the resource, unique within the account; by default the e-mail.",
});
const Description = Type.String({ maxLength: 2000 });
const Name = Type.String({ maxLength: 200, description: "How the person is called." });

/** What create and update have in common; every member is optional. */
const changeable = {
  name: Type.Optional(Name),
  description: Type.Optional(Description),
  enabled: Type.Optional(Type.Boolean()),
  api_roles: Type.Optional(ApiRoles),
  corpus_roles: Type.Optional(CorpusRoles),
  agent_roles: Type.Optional(AgentRoles),
  resource_roles: Type.Optional(ResourceRoles),
  labels: Type.Optional(Labels),
};

export const CreateUser = closedObject({
  email: Email,
  username: Type.Optional(Username),
  ...changeable,
  external_id: Type.Optional(ExternalId),
});
export type CreateUser = Static<typeof CreateUser>;

/** A member that is absent stays as it is; `null` takes a setting away. */
export const UpdateUser = closedObject({
  email: Type.Optional(Email),
  ...changeable,
  external_id: Type.Optional(Type.Union([ExternalId, Type.Null()])),
});
export type UpdateUser = Static<typeof UpdateUser>;

export const User = Type.Object({
  id: Type.String({ description: "`usr_…`: what tokens and the audit log name." }),
  email: Email,
  username: Username,
  name: Type.Optional(Name),
  description: Description,
  enabled: Type.Boolean(),
  api_roles: ApiRoles,
  corpus_roles: CorpusRoles,
  agent_roles: AgentRoles,
  resource_roles: ResourceRoles,
  external_id: Type.Optional(ExternalId),
  labels: Labels,
  one_time_code: Type.Optional(
    Type.String({
      description:
        "With which the person signs in the first time: in the answers to create and to " +
        "reset_password, and never again.",
    }),
  ),
  sign_in_url: Type.Optional(
    Type.String({
      description:
        "The same code as a link to give to the person, who chooses a password there. It works " +
        "once, for seven days.",
    }),
  ),
  sign_in_mail: Type.Optional(
    Type.Union([Type.Literal("sent"), Type.Literal("failed")], {
      description:
        "Beside `sign_in_url`, where mail is set up: whether the mail server took the link. The " +
        "link works either way.",
    }),
  ),
  created_at: Type.String({ format: "date-time" }),
  updated_at: Type.String({ format: "date-time" }),
});
export type User = Static<typeof User>;

export const ByUsername = Type.Object({
  username: Type.String({ minLength: 1, maxLength: 255, description: "Percent-encoded." }),
});

export const ListUsersQuery = Type.Object({
  ...PageQuery.properties,
  corpus_key: Type.Optional(
    Type.String({
      pattern: "^[a-zA-Z0-9_=-]{1,50}$",
      description: "Only people with a role on this corpus.",
    }),
  ),
  filter: Type.Optional(filterOf("the name, the e-mail or the username")),
  external_id: Type.Optional(ExternalId),
});
export type ListUsersQuery = Static<typeof ListUsersQuery>;

export const UserPage = Type.Object({ users: Type.Array(User), metadata: PageMetadata });
export type UserPage = Static<typeof UserPage>;
