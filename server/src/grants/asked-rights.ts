import type { AuthorizationDetail } from "@countersign/protocol/oauth.ts";
import type { Permission } from "@countersign/protocol/permissions.ts";
import { grantDetails, parseAuthorizationDetails } from "../access/authorization-details.ts";
import { detailsOfRights, type Rights } from "../access/rights.ts";
import { grantScope, parseScope } from "../access/scope.ts";
import type { TokenParameters } from "./grant.ts";

/**
 * Who asks for nothing gets all it holds; who asks for something gets exactly that
 * [RFC 6749 §3.3, RFC 9396 §3].
 */
export function grantAskedRights(
  parameters: TokenParameters,
  held: Rights,
): { scope: string | undefined; details: AuthorizationDetail[] } {
  const scope = parameters.get("scope");
  const details = parameters.get("authorization_details");
  if (scope === undefined && details === undefined) {
    return { scope: textOf(held.account), details: detailsOfRights(held) };
  }
  return {
    scope: scope && textOf(grantScope(parseScope(scope), held.account)),
    details: details === undefined ? [] : grantDetails(parseAuthorizationDetails(details), held),
  };
}

const textOf = (scope: ReadonlySet<Permission>): string | undefined =>
  scope.size > 0 ? [...scope].join(" ") : undefined;
