import type { Access } from "@countersign/sdk";
import type { RouteProtection } from "@countersign/sdk/fastify";
import type { FastifyRequest } from "fastify";

/**
 * What a route says about its protection, in its `config`. The SDK's hook obeys it before anything
 * is looked up, so a caller without rights learns nothing about what exists.
 *
 * These are functions, not an extension of Fastify's types, because the host shares those types.
 */

/** All that this API asks for. */
export type ApiPermission =
  | "corpora:read"
  | "corpora:write"
  | "corpora:update"
  | "corpora:delete"
  | "corpora:reset"
  | "corpora:query"
  | "documents:read"
  | "documents:write"
  | "jobs:read";

/** The permission must hold for the whole account. */
export function onAccount(permission: ApiPermission) {
  return { permission } satisfies RouteProtection;
}

/** The permission must hold on the corpus in the path; account-wide, it holds on each. */
export function onCorpus(permission: ApiPermission) {
  const resource = { type: "corpus", param: "corpus_key" };
  return { permission, resource } satisfies RouteProtection;
}

/** The permission must hold on some corpus; the route shows no others. */
export function onSomeCorpora(permission: ApiPermission) {
  return { permission, resource: { type: "corpus" } } satisfies RouteProtection;
}

/** Who is calling. The SDK's hook has set it. */
export function accessOf(request: FastifyRequest): Access {
  return request.getDecorator<Access>("access");
}
