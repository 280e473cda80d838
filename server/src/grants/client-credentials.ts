import type { AuthorizationDetail } from "@countersign/protocol/oauth.ts";
import type { Permission } from "@countersign/protocol/permissions.ts";
import { grantDetails, parseAuthorizationDetails } from "../access/authorization-details.ts";
import { detailsOfRights, type Rights } from "../access/rights.ts";
import { grantScope, parseScope } from "../access/scope.ts";
import type { Grant, TokenParameters } from "./grant.ts";

/**
 * The client credentials grant [RFC 6749 §4.4]: a client acts for itself, with the rights it was
 * given. No refresh token is issued [RFC 6749 §4.4.3].
 */
export const clientCredentials: Grant = {
  grantType: "client_credentials",

  async issue({ client, credential, parameters }, { apis, accessTokens, lifetimeSecondsMax }) {
    const api = await apis.select(client.tenantId, parameters.get("resource"));
    const { scope, details } = grantRights(parameters, client.rights);
    const lifetimeSeconds = client.tokenLifetimeSeconds ?? api.tokenLifetimeSeconds;
    return accessTokens.issue(
      {
        subject: client.clientId,
        clientId: client.clientId,
        tenantId: client.tenantId,
        roles: client.roles,
        credentialId: credential?.id ?? "",
      },
      {
        api,
        scope,
        details,
        lifetimeSeconds: Math.min(lifetimeSeconds, lifetimeSecondsMax()),
      },
    );
  },
};

/** Who asks for nothing gets all it holds; who asks for something gets exactly that. */
function grantRights(
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
