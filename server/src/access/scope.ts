import type { Permission } from "@countersign/protocol/permissions.ts";
import { OAuthError } from "../errors/oauth-error.ts";

/** The `scope` parameter: account-wide permissions, with spaces between them. */

const scopeCharactersMax = 4_096;
/** scope-token = 1*( %x21 / %x23-5B / %x5D-7E ) [RFC 6749 §3.3] */
const scopePattern = /^[!#-[\]-~]+( [!#-[\]-~]+)*$/;

/** The tokens of a scope, without repetitions. Throws `invalid_scope`. */
export function parseScope(text: string): Set<string> {
  if (text.length > scopeCharactersMax || !scopePattern.test(text)) {
    throw new OAuthError("malformed_scope");
  }
  return new Set(text.split(" "));
}

/**
 * What is granted of what was asked: all of it, or nothing. A permission that is not held is
 * refused, never silently dropped, so that a client cannot believe it has what it has not. The cause
 * tells whether the API has such a permission at all.
 */
export function grantScope(
  requested: ReadonlySet<string>,
  held: ReadonlySet<Permission>,
  catalogue: ReadonlySet<Permission>,
): ReadonlySet<Permission> {
  for (const token of requested) {
    if (held.has(token)) continue;
    throw catalogue.has(token)
      ? new OAuthError("scope_not_allowed", token)
      : new OAuthError("scope_unknown");
  }
  return requested;
}
