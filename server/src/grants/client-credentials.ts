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
        ...grantRights(parameters, client.rights),
        lifetimeSeconds: Math.min(lifetimeSeconds, lifetimeSecondsMax()),
      },
    );
  },
};

/** Who asks for nothing gets all it holds; who asks for something gets exactly that. */
function grantRights(
  parameters: TokenParameters,
  held: Rights,
): { scope: ReadonlySet<Permission>; details: AuthorizationDetail[] } {
  const scope = parameters.get("scope");
  const details = parameters.get("authorization_details");
  if (scope === undefined && details === undefined) {
    return { scope: held.account, details: detailsOfRights(held) };
  }
  return {
    scope: scope === undefined ? new Set() : grantScope(parseScope(scope), held.account),
    details: details === undefined ? [] : grantDetails(parseAuthorizationDetails(details), held),
  };
}
