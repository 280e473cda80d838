import { Type, type Static } from "typebox";
import { accountRoleNames, agentRoleNames, corpusRoleNames } from "../roles.ts";
import { closedObject, oneOf } from "./common.ts";

const name = (what: string) =>
  Type.String({ pattern: "^[a-zA-Z0-9_=-]{1,50}$", description: `The key of the ${what}.` });

export const ApiRoles = Type.Array(
  oneOf(accountRoleNames, "A role that holds for the whole account."),
  { maxItems: 32, uniqueItems: true },
);

export const CorpusRoleBinding = closedObject({
  corpus_key: name("corpus"),
  role: oneOf(corpusRoleNames, "What may be done with that corpus."),
});

export const AgentRoleBinding = closedObject({
  agent_key: name("agent"),
  role: oneOf(agentRoleNames, "What may be done with that agent."),
});

/** A role on a resource of any type; corpora and agents have fields of their own. */
export const ResourceRoleBinding = closedObject({
  resource_type: Type.String({
    pattern: "^(?!corpus$|agent$|account$)[a-z][a-z0-9_]{0,31}$",
    description: "The type of resource, for example `project`.",
  }),
  resource_id: Type.String({ pattern: "^[!-~]{1,200}$", description: "The name of the resource." }),
  role: oneOf(accountRoleNames, "What may be done with that resource."),
});

export const CorpusRoles = Type.Array(CorpusRoleBinding, { maxItems: 1000, uniqueItems: true });
export const AgentRoles = Type.Array(AgentRoleBinding, { maxItems: 1000, uniqueItems: true });
export const ResourceRoles = Type.Array(ResourceRoleBinding, { maxItems: 1000, uniqueItems: true });

export type CorpusRoleBinding = Static<typeof CorpusRoleBinding>;
export type AgentRoleBinding = Static<typeof AgentRoleBinding>;
export type ResourceRoleBinding = Static<typeof ResourceRoleBinding>;
