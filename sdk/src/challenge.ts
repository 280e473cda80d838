import type { AuthorizationErrorCode } from "./authorization-error.ts";

export interface ChallengeFields {
  code: AuthorizationErrorCode;
  description: string;
  scope?: string | undefined;
  resourceMetadata?: string | undefined;
}

/**
 * The value of `WWW-Authenticate` for a request that was refused [RFC 6750 §3]. A request without
 * credentials gets no error code, so that a client which did not know is not told it was wrong.
 */
export function bearerChallenge(fields: ChallengeFields): string {
  const parameters: string[] = [];
  if (fields.code !== "no_credentials") {
    parameters.push(
      `error="${fields.code}"`,
      `error_description="${descriptionText(fields.description)}"`,
    );
  }
  if (fields.scope !== undefined) parameters.push(`scope="${scopeText(fields.scope)}"`);
  if (fields.resourceMetadata !== undefined) {
    parameters.push(`resource_metadata="${uriText(fields.resourceMetadata)}"`);
  }
  // One parameter at least must follow the scheme [RFC 6750 §3], also where there is nothing to say.
  if (parameters.length === 0) parameters.push('realm="api"');
  return `Bearer ${parameters.join(", ")}`;
}

/** `error_description` may hold %x20-21, %x23-5B and %x5D-7E [RFC 6750 §3]. */
function descriptionText(description: string): string {
  return description.replace(/["\\]/g, "'").replace(/[^\x20-\x7e]/g, "?");
}

/** `scope` may hold %x21, %x23-5B and %x5D-7E, and spaces between its values [RFC 6750 §3]. */
function scopeText(scope: string): string {
  return scope.replace(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, "");
}

/** A serialized URL holds none of these; a value of the caller's own may. */
function uriText(uri: string): string {
  return uri.replace(/[^\x21\x23-\x5b\x5d-\x7e]/g, (character) => encodeURIComponent(character));
}
