/**
 * What a caller may be allowed to do on the API under `/v2`: the built-in catalogue of permissions.
 * Other APIs have catalogues of their own.
 *
 * A permission is `<plural path segment>:<verb>`. Account-wide permissions travel in a token's
 * `scope` [RFC 6749 §3.3]; the same permissions on one named resource travel in its
 * `authorization_details` [RFC 9396 §2].
 */
export const permissions = {
  "corpora:read": "List corpora and read their settings",
  "corpora:write": "Create corpora",
  "corpora:update": "Change the settings of a corpus",
  "corpora:delete": "Delete a corpus with everything in it",
  "corpora:reset": "Remove all documents of a corpus",
  "corpora:query": "Search in a corpus",
  "documents:read": "List and read documents",
  "documents:write": "Add, change and delete documents",
  "jobs:read": "See background jobs",
  "encoders:read": "List encoders",
  "llms:read": "List language models",
  "agents:read": "List agents and read their settings",
  "agents:use": "Talk to an agent",
  "agents:write": "Create, change and delete agents",
  "pipelines:read": "List pipelines and read their settings",
  "pipelines:write": "Create, change and delete pipelines",
  "app_clients:read": "List app clients and their credentials, without secrets",
  "app_clients:write": "Create, change, disable and delete app clients and their credentials",
  "app_clients:reveal_secret": "Read the secret of an app client again",
  "api_keys:read": "List API keys, without their values",
  "api_keys:write": "Create, disable and delete API keys",
  "users:read": "Read one user",
  "users:list": "List users",
  "users:write": "Invite, change and delete users",
  "roles:read": "List roles and what they permit",
  "roles:write": "Create, change and delete custom roles",
  "apis:read": "List APIs and their permission catalogues",
  "apis:write": "Register, change and delete APIs",
  "signing_keys:read": "List signing keys with their stage",
  "signing_keys:write": "Rotate and remove signing keys",
  "tokens:introspect": "Ask whether any token of the account is active",
  "tokens:revoke": "Revoke any token of the account",
  "audit_events:read": "Read and export the audit log",
  "usage:read": "See who calls, how often and what was refused",
  "refusals:read": "Look up why a request was refused",
  "leaks:report": "Report secrets that were found where they should not be",
  "leaks:read": "List leaked secrets, where they were seen and what could be done with them",
  "leaks:write": "Mark a leak as resolved or as a false alarm",
  "datasources:read": "List datasources, without secrets",
  "datasources:write": "Create, change and delete datasources",
  "connections:read": "List connections and their state",
  "connections:write": "Connect, reconnect and delete connections",
  "connections:use": "Send requests through a connection",
  "connections:read_token": "Take the access token out of a connection",
  "webhooks:read": "List webhooks and what they were told",
  "webhooks:write": "Create, change and delete webhooks, and send events again",
  "billing:read": "See billing data",
  "billing:write": "Change billing data",
  "account:delete": "Delete the account or transfer its ownership",
} as const;

/** A permission of the API under `/v2`. */
export type BuiltInPermission = keyof typeof permissions;

/** Any permission: a built-in one, or one of another API's catalogue. */
export type Permission = BuiltInPermission | (string & Record<never, never>);

export const allPermissions = Object.keys(permissions) as BuiltInPermission[];

export const permissionPattern = "^[a-z][a-z0-9_]{0,48}:[a-z][a-z0-9_]{0,48}$";

const wholePermission = new RegExp(permissionPattern);

/** Whether it reads like a permission: one may be in some API's catalogue under this name. */
export function isPermission(value: string): value is Permission {
  return wholePermission.test(value);
}

export function isBuiltInPermission(value: string): value is BuiltInPermission {
  return Object.hasOwn(permissions, value);
}
