import {
  endpointPaths,
  type AuthorizationServerMetadata,
  type OpenidConfiguration,
} from "@countersign/protocol/metadata.ts";
import { allPermissions } from "@countersign/protocol/permissions.ts";
import { supportedGrantTypes } from "../../grants/grant.ts";
import { publicDocument, type Endpoint } from "../message.ts";

/**
 * Authorization server metadata [RFC 8414 §2]. Every address comes from the configured issuer, never
 * from a request. Only what exists is announced.
 */

const metadataCacheSeconds = 300;

export function createMetadataEndpoint(issuer: string): Endpoint {
  const document = metadataOf(issuer);
  return () => publicDocument(document, metadataCacheSeconds);
}

/** OpenID Connect Discovery 1.0 §3: for libraries that look nowhere else. */
export function createOpenidConfigurationEndpoint(issuer: string): Endpoint {
  const document: OpenidConfiguration = {
    ...metadataOf(issuer),
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["ES256"],
  };
  return () => publicDocument(document, metadataCacheSeconds);
}

const withSecret = ["client_secret_basic", "client_secret_post"] as const;

function metadataOf(issuer: string): AuthorizationServerMetadata {
  return {
    issuer,
    token_endpoint: issuer + endpointPaths.token,
    jwks_uri: issuer + endpointPaths.jwks,
    scopes_supported: allPermissions,
    response_types_supported: [],
    grant_types_supported: supportedGrantTypes,
    token_endpoint_auth_methods_supported: [...withSecret],
    introspection_endpoint: issuer + endpointPaths.introspection,
    introspection_endpoint_auth_methods_supported: [...withSecret],
    revocation_endpoint: issuer + endpointPaths.revocation,
    revocation_endpoint_auth_methods_supported: [...withSecret],
    authorization_details_types_supported: ["corpus", "agent"],
    service_documentation: `${issuer}/openapi.json`,
  };
}
