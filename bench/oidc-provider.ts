import { hash, randomUUID, timingSafeEqual } from "node:crypto";
import type { RequestListener } from "node:http";
import { exportJWK, generateKeyPair } from "jose";
// @ts-expect-error -- the package ships no types
import { Provider } from "oidc-provider";
import { serve } from "./servers/served.ts";
import type { TokenServerSetup } from "./servers/token-server.ts";

/**
 * `oidc-provider` at its best for this work: production mode, what is not needed switched off,
 * clients known from the start (Countersign's own, checked by the same digest), tokens signed with
 * the same algorithm and of the same size. They are JWTs, so nothing is stored for a token; the
 * adapter is there because one must be.
 */
serve(async (setup: TokenServerSetup): Promise<RequestListener> => {
  const { clients, claims, issuer, audience, lifetimeSeconds } = setup;
  const api = {
    audience,
    scope: "",
    accessTokenFormat: "jwt",
    accessTokenTTL: lifetimeSeconds,
    jwt: { sign: { alg: "ES256" } },
  };
  const { scope: permissions, ...rest } = claims;
  const provider = new Provider(issuer, {
    adapter: MapAdapter,
    clients: clients.map(toMetadata),
    jwks: { keys: [await makeKey()] },
    clientAuthMethods: ["client_secret_post"],
    // Under another name, since a scope would have to be asked for and checked.
    extraTokenClaims: () => ({ permissions, ...rest }),
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      userinfo: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => audience,
        getResourceServerInfo: () => api,
        useGrantedResource: () => true,
      },
    },
  });
  compareByDigest(provider.Client);
  return provider.callback() as RequestListener;
});

const toMetadata = ({ clientId, secretDigest }: TokenServerSetup["clients"][number]) => ({
  client_id: clientId,
  client_secret: secretDigest,
  grant_types: ["client_credentials"],
  response_types: [],
  redirect_uris: [],
  token_endpoint_auth_method: "client_secret_post",
  id_token_signed_response_alg: "ES256",
});

async function makeKey() {
  const { privateKey } = await generateKeyPair("ES256", { extractable: true });
  return { ...(await exportJWK(privateKey)), kid: randomUUID(), alg: "ES256", use: "sig" };
}

interface ProviderClient {
  clientSecret: string;
  compareClientSecret(presented: string): boolean;
}

/** In place of its own comparison of whole secrets, as its documentation allows. */
function compareByDigest(Client: { prototype: ProviderClient }): void {
  const digests = new WeakMap<ProviderClient, Buffer>();
  Client.prototype.compareClientSecret = function compareClientSecret(presented) {
    let digest = digests.get(this);
    if (digest === undefined) {
      digests.set(this, (digest = Buffer.from(this.clientSecret, "base64url")));
    }
    return timingSafeEqual(hash("sha256", presented, "buffer"), digest);
  };
}

class MapAdapter {
  readonly #entries = new Map<string, object>();
  async upsert(id: string, payload: object): Promise<void> {
    this.#entries.set(id, payload);
  }
  async find(id: string): Promise<object | undefined> {
    return this.#entries.get(id);
  }
  async destroy(id: string): Promise<void> {
    this.#entries.delete(id);
  }
}
