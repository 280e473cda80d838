import { grantAskedRights } from "./asked-rights.ts";
import type { ClientGrant } from "./grant.ts";

/**
 * The client credentials grant [RFC 6749 §4.4]: a client acts for itself, with the rights it was
 * given. No refresh token is issued [RFC 6749 §4.4.3].
 */
export const clientCredentials: ClientGrant = {
  grantType: "client_credentials",
  provenBy: "client",

  async issue({ client, credential, parameters }, { apis, accessTokens, lifetimeSecondsMax }) {
    const api = await apis.select(client.tenantId, parameters.get("resource"));
    const { scope, details } = grantAskedRights(parameters, api, client.rights);
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
