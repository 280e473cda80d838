import { type AuthorizationServerMetadata, endpointPaths } from "@countersign/protocol/metadata.ts";
import { UnexpectedResponseError } from "./errors.ts";
import { type Fetch, loadJson } from "./json-document.ts";
import { parseSecureUrl, wellKnownUrl } from "./secure-url.ts";

type EndpointName = Extract<
  keyof AuthorizationServerMetadata,
  "jwks_uri" | "token_endpoint" | "introspection_endpoint"
>;

const bodyBytesMax = 262_144;

/**
 * Loads the address of an endpoint from the issuer's metadata [RFC 8414 §3]. The document must name
 * the issuer it was asked for [RFC 8414 §3.3], and the endpoint must be on the issuer's own origin:
 * a document that was tampered with then leads nowhere else.
 */
export async function loadEndpoint(
  issuer: string,
  name: EndpointName,
  request: { fetch: Fetch; timeoutMs: number },
): Promise<string> {
  const url = wellKnownUrl(issuer, endpointPaths.authorizationServerMetadata);
  const { body } = await loadJson({ ...request, url, bodyBytesMax });
  if (body["issuer"] !== issuer) throw malformed(`the metadata at ${url} is of another issuer`);
  const endpoint = body[name];
  const parsed = typeof endpoint === "string" ? parseSecureUrl(endpoint) : undefined;
  if (parsed === undefined || parsed.origin !== new URL(issuer).origin) {
    throw malformed(`"${name}" in the metadata at ${url} is not on the issuer's origin`);
  }
  return parsed.href;
}

function malformed(message: string): UnexpectedResponseError {
  return new UnexpectedResponseError("malformed", message, { status: 200 });
}
