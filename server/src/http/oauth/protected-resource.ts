import { endpointPaths, type ProtectedResourceMetadata } from "@countersign/protocol/metadata.ts";
import { allPermissions } from "@countersign/protocol/permissions.ts";
import { publicDocument, type Endpoint } from "../message.ts";

/**
 * Protected resource metadata [RFC 9728 §2] of the API under `/v2`, administration and sample
 * corpora alike: its identifier is the public URL.
 */
export function createProtectedResourceEndpoint(issuer: string): Endpoint {
  const document: ProtectedResourceMetadata = {
    resource: issuer,
    authorization_servers: [issuer],
    jwks_uri: issuer + endpointPaths.jwks,
    scopes_supported: allPermissions,
    bearer_methods_supported: ["header"],
    resource_name: "Countersign",
  };
  return () => publicDocument(document, 300);
}
