import { Type, type Static } from "typebox";
import { accountRoleNames, agentRoleNames, corpusRoleNames } from "../roles.ts";
import { closedObject } from "./common.ts";
import { roleNamePattern } from "../roles.ts";

const name = (what: string) =>
  Type.String({ pattern: "^[a-zA-Z0-9_=-]{1,50}$", description: `The key of the ${what}.` });

const listed = (names: readonly string[]) => names.map((role) => `\`${role}\``).join(", ");
const roleName = (description: string) => Type.String({ pattern: roleNamePattern, description });

export const ApiRoles = Type.Array(
  roleName(
    `A role that holds for the whole account: ${listed(accountRoleNames)}, or one of the account's own.`,
  ),
  { maxItems: 32, uniqueItems: true },
);

export const CorpusRoleBinding = closedObject({
  corpus_key: name("corpus"),
  role: roleName(
    `What may be done with that corpus: ${listed(corpusRoleNames)}, or one of the account's own.`,
  ),
});

export const AgentRoleBinding = closedObject({
  agent_key: name("agent"),
  role: roleName(
    `What may be done with that agent: ${listed(agentRoleNames)}, or one of the account's own.`,
  ),
});

/** A role on a resource of any type; corpora and agents have fields of their own. */
export const ResourceRoleBinding = closedObject({
  resource_type: Type.String({
    pattern: "^(?!corpus$|agent$|account$)[a-z][a-z0-9_]{0,31}$",
    description: "The type of resource, for example `project`.",
  }),
  resource_id: Type.String({ pattern: "^[!-~]{1,200}$", description: "The name of the resource." }),
  role: roleName("What may be done with that resource: a role as in `api_roles`."),
});

export const CorpusRoles = Type.Array(CorpusRoleBinding, { maxItems: 1000, uniqueItems: true });
export const AgentRoles = Type.Array(AgentRoleBinding, { maxItems: 1000, uniqueItems: true });
export const ResourceRoles = Type.Array(ResourceRoleBinding, { maxItems: 1000, uniqueItems: true });

export type CorpusRoleBinding = Static<typeof CorpusRoleBinding>;
export type AgentRoleBinding = Static<typeof AgentRoleBinding>;
export type ResourceRoleBinding = Static<typeof ResourceRoleBinding>;
