import type { AuthorizationDetail } from "@countersign/protocol/oauth.ts";
import type { Permission } from "@countersign/protocol/permissions.ts";
import { grantDetails, parseAuthorizationDetails } from "../access/authorization-details.ts";
import type { KnownApi } from "../access/apis.ts";
import { detailsOfRights, rightsOn, type Rights } from "../access/rights.ts";
import { grantScope, parseScope } from "../access/scope.ts";
import type { TokenParameters } from "./grant.ts";

/**
 * Of what is held, only what is about this API counts. Who asks for nothing gets all of it; who asks for something gets exactly that
 * [RFC 6749 §3.3, RFC 9396 §3].
 */
export function grantAskedRights(
  parameters: TokenParameters,
  { catalogue }: KnownApi,
  rights: Rights,
): { scope: string | undefined; details: AuthorizationDetail[] } {
  const held = rightsOn(catalogue, rights);
  const scope = parameters.get("scope");
  const details = parameters.get("authorization_details");
  if (scope === undefined && details === undefined) {
    return { scope: textOf(held.account), details: detailsOfRights(held) };
  }
  return {
    scope: scope && textOf(grantScope(parseScope(scope), held.account, catalogue)),
    details:
      details === undefined
        ? []
        : grantDetails(parseAuthorizationDetails(details), held, catalogue),
  };
}

const textOf = (scope: ReadonlySet<Permission>): string | undefined =>
  scope.size > 0 ? [...scope].join(" ") : undefined;
