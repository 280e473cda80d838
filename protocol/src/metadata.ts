import type { ClientAuthenticationMethod, GrantType, tokenExchangeGrantType } from "./oauth.ts";

/** Where each endpoint is, below the issuer. The names are those of RFC 8414 §2. */
export const endpointPaths = {
  token: "/oauth2/token",
  /** The same handler, which also takes JSON. */
  tokenJson: "/oauth/token",
  introspection: "/oauth2/introspect",
  revocation: "/oauth2/revoke",
  jwks: "/oauth2/jwks",
  authorizationServerMetadata: "/.well-known/oauth-authorization-server",
  openidConfiguration: "/.well-known/openid-configuration",
  protectedResourceMetadata: "/.well-known/oauth-protected-resource",
} as const;

/** RFC 8414 §2. */
export interface AuthorizationServerMetadata {
  issuer: string;
  token_endpoint: string;
  jwks_uri: string;
  scopes_supported: string[];
  response_types_supported: string[];
  grant_types_supported: (GrantType | typeof tokenExchangeGrantType)[];
  token_endpoint_auth_methods_supported: ClientAuthenticationMethod[];
  introspection_endpoint: string;
  introspection_endpoint_auth_methods_supported: ClientAuthenticationMethod[];
  revocation_endpoint: string;
  revocation_endpoint_auth_methods_supported: ClientAuthenticationMethod[];
  authorization_details_types_supported: string[];
  service_documentation: string;
}

/** OpenID Connect Discovery 1.0 §3. */
export interface OpenidConfiguration extends AuthorizationServerMetadata {
  subject_types_supported: string[];
  id_token_signing_alg_values_supported: string[];
}

/** RFC 9728 §2. */
export interface ProtectedResourceMetadata {
  resource: string;
  authorization_servers: string[];
  jwks_uri: string;
  scopes_supported: string[];
  bearer_methods_supported: ["header"];
  resource_name: string;
}
