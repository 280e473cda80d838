import { detailsOfRights } from "../access/rights.ts";
import type { LiveToken } from "./live-token.ts";

/**
 * What introspection tells of a token that counts [RFC 7662 §2.2]: what it may do now, which is less
 * than it says when something was taken away since, and by which handles it can be taken back.
 */
export function describeToken({ claims, rights }: LiveToken): object {
  const details = detailsOfRights(rights);
  const { scope: _scope, authorization_details: _details, ...rest } = claims;
  return {
    active: true,
    token_type: "Bearer",
    ...(rights.account.size > 0 ? { scope: [...rights.account].join(" ") } : {}),
    ...(details.length > 0 ? { authorization_details: details } : {}),
    ...rest,
  };
}
