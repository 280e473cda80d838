import type { AccessTokenClaims } from "@countersign/protocol/access-token.ts";

/** Who an API key is and what it may do now, in the words of introspection [RFC 7662 §2.2]. */
export type IntrospectedKey = Pick<
  AccessTokenClaims,
  "sub" | "client_id" | "tenant" | "cred" | "scope" | "authorization_details"
>;

/** Finds out what an API key is worth, each time one comes. */
export interface FindApiKey {
  /**
   * `undefined` when the key does not count, or no longer. A rejection means that nobody knows, and is
   * answered with 503.
   */
  (plainKey: string): IntrospectedKey | undefined | Promise<IntrospectedKey | undefined>;

  /**
   * What is remembered of a key that counts, at once; `undefined` when one has to ask. A finder
   * without it is asked each time.
   */
  findRemembered?(this: void, plainKey: string): IntrospectedKey | undefined;
}
