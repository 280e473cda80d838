import { authorizationDetailsBytesMax } from "@countersign/protocol/access-token.ts";
import type { AuthorizationDetail } from "@countersign/protocol/oauth.ts";
import { isPermission, type Permission } from "@countersign/protocol/permissions.ts";
import { OAuthError } from "../errors/oauth-error.ts";
import { hasRepeatedMember } from "./repeated-member.ts";
import { mayDo, type Rights } from "./rights.ts";

/** The `authorization_details` parameter: rights on named resources [RFC 9396 §2]. */

const detailsMax = 100;
const memberNames = new Set(["type", "identifier", "actions"]);

/** Throws `invalid_authorization_details` [RFC 9396 §5]. */
export function parseAuthorizationDetails(text: string): AuthorizationDetail[] {
  const details = parseJson(text);
  if (!Array.isArray(details) || details.length === 0 || details.length > detailsMax) {
    throw new OAuthError("malformed_authorization_details", "not an array of 1 to 100");
  }
  details.forEach(checkDetail);
  return details as AuthorizationDetail[];
}

/**
 * The rights that are granted: each asked-for action must be held on that resource, or for the whole
 * account. Nothing is dropped: one action too many refuses the request, and so do more than a token
 * carries.
 */
export function grantDetails(
  requested: readonly AuthorizationDetail[],
  held: Rights,
  catalogue: ReadonlySet<Permission>,
): AuthorizationDetail[] {
  for (const { type, identifier, actions } of requested) {
    for (const action of actions) {
      if (!catalogue.has(action)) {
        throw new OAuthError("malformed_authorization_details", "an action is not of this API");
      }
      if (!mayDo(held, action, { type, id: identifier })) {
        throw new OAuthError("authorization_details_not_allowed", action);
      }
    }
  }
  if (JSON.stringify(requested).length > authorizationDetailsBytesMax) {
    throw new OAuthError("authorization_details_too_large");
  }
  return [...requested];
}

function checkDetail(detail: unknown): void {
  const { type, identifier, actions, ...rest } = Object(detail) as Partial<AuthorizationDetail>;
  const isWellFormed =
    typeof detail === "object" &&
    typeof type === "string" &&
    /^[a-z][a-z0-9_]{0,31}$/.test(type) &&
    typeof identifier === "string" &&
    /^[!-~]{1,200}$/.test(identifier) &&
    Array.isArray(actions) &&
    actions.length > 0 &&
    actions.every((action) => typeof action === "string" && isPermission(action)) &&
    Object.keys(rest).every((name) => memberNames.has(name));
  if (!isWellFormed) {
    throw new OAuthError("malformed_authorization_details", "a detail has an unknown form");
  }
}

function parseJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new OAuthError("malformed_authorization_details", "not JSON");
  }
  if (!hasRepeatedMember(text, value)) return value;
  throw new OAuthError("malformed_authorization_details", "a member occurs twice");
}
