import { allPermissions, type BuiltInPermission } from "./permissions.ts";

/** What a role of an account's own may be called. */
export const roleNamePattern = "^[a-z][a-z0-9_]{1,49}$";

/**
 * The built-in roles: named sets of permissions. A role is bound to a principal for the whole
 * account or for one resource; effective rights are the union of all bindings.
 */
const corpusViewer = [
  "corpora:read",
  "corpora:query",
  "documents:read",
  "jobs:read",
  "encoders:read",
  "llms:read",
  "api_keys:read",
  "api_keys:write",
  "users:read",
] as const satisfies BuiltInPermission[];

const corpusDeveloper = [
  ...corpusViewer,
  "documents:write",
  "corpora:update",
] as const satisfies BuiltInPermission[];

const corpusAdministrator = [
  ...corpusDeveloper,
  "corpora:write",
  "corpora:delete",
  "corpora:reset",
] as const satisfies BuiltInPermission[];

const agentViewer = ["agents:read"] as const satisfies BuiltInPermission[];
const agentUser = [...agentViewer, "agents:use"] as const satisfies BuiltInPermission[];
const agentDeveloper = [...agentUser, "agents:write"] as const satisfies BuiltInPermission[];

const ownersOnly: readonly BuiltInPermission[] = [
  "billing:read",
  "billing:write",
  "account:delete",
];

/** Roles for the whole account: what may stand in `api_roles`. */
export const accountRoles = {
  owner: allPermissions,
  administrator: allPermissions.filter((permission) => !ownersOnly.includes(permission)),
  billing_administrator: ["billing:read", "billing:write"],
  corpus_administrator: corpusAdministrator,
  corpus_developer: corpusDeveloper,
  corpus_viewer: corpusViewer,
  viewer: [...corpusViewer, "agents:read", "pipelines:read"],
  agent_administrator: agentDeveloper,
  agent_developer: agentDeveloper,
  agent_user: agentUser,
  agent_viewer: agentViewer,
  pipeline_administrator: ["pipelines:read", "pipelines:write"],
  pipeline_viewer: ["pipelines:read"],
} as const satisfies Record<string, readonly BuiltInPermission[]>;

export type AccountRole = keyof typeof accountRoles;
export const accountRoleNames = Object.keys(accountRoles) as AccountRole[];

const corpusReader = ["corpora:read", "corpora:query", "documents:read"] as const;
const corpusEditor = [...corpusReader, "documents:write"] as const;
const corpusKeeper = [...corpusEditor, "corpora:update", "corpora:reset"] as const;

/** Roles on one named corpus: what may stand in `corpus_roles`. */
export const corpusRoles = {
  owner: [...corpusKeeper, "corpora:delete"],
  administrator: corpusKeeper,
  editor: corpusEditor,
  viewer: corpusReader,
} as const satisfies Record<string, readonly BuiltInPermission[]>;

export type CorpusRole = keyof typeof corpusRoles;
export const corpusRoleNames = Object.keys(corpusRoles) as CorpusRole[];

/** Roles on one named agent: what may stand in `agent_roles`. */
export const agentRoles = {
  agent_administrator: agentDeveloper,
  agent_developer: agentDeveloper,
  agent_user: agentUser,
  agent_viewer: agentViewer,
} as const satisfies Record<string, readonly BuiltInPermission[]>;

export type AgentRole = keyof typeof agentRoles;
export const agentRoleNames = Object.keys(agentRoles) as AgentRole[];

/** What the built-in roles are for. */
export const roleDescriptions: Readonly<Record<AccountRole | CorpusRole | AgentRole, string>> = {
  owner: "Everything, the account itself included",
  administrator: "Everything but billing and the account itself",
  billing_administrator: "Billing only",
  corpus_administrator: "All corpora, from making to deleting them",
  corpus_developer: "Read and write in all corpora",
  corpus_viewer: "Read and search in all corpora",
  viewer: "Read corpora, agents and pipelines",
  agent_administrator: "All agents",
  agent_developer: "Make, change and use agents",
  agent_user: "Use agents",
  agent_viewer: "See agents",
  pipeline_administrator: "All pipelines",
  pipeline_viewer: "See pipelines",
  editor: "Read and write in one corpus",
};
