import type { AccessTokenClaims } from "@countersign/protocol/access-token.ts";
import type { Permission } from "@countersign/protocol/permissions.ts";
import type { IntrospectedKey } from "./api-key.ts";
import { AuthorizationError } from "./authorization-error.ts";
import { isJsonObject } from "./strict-json.ts";

/** A permission of the built-in catalogue, or one of your API's own. */
export type PermissionName = Permission | (string & {});

/** One named resource: `{ type: "corpus", id: "docs" }`. */
export interface Resource {
  type: string;
  id: string;
}

/** What a caller presented says: all claims of an access token, or what is known of an API key. */
export type AccessClaims = IntrospectedKey & Partial<AccessTokenClaims>;

/**
 * Who is calling and what they may do. An account-wide permission covers every resource; the others
 * hold for the resources that the token names [RFC 9396 §2].
 */
export class Access {
  /** Of an API key its id, which begins with `aky_`. */
  readonly clientId: string;
  /** The client's own id for a machine; begins with `usr_` for a person. */
  readonly subject: string;
  readonly tenant: string;
  /** The same object serves every request with this token: those of a token are frozen. */
  readonly claims: Readonly<AccessClaims>;
  readonly #accountWide: ReadonlySet<string>;
  readonly #resourceMetadata: string | undefined;
  #byResource: ReadonlyMap<string, ReadonlySet<string>> | undefined;

  constructor(claims: Readonly<AccessClaims>, resourceMetadata?: string) {
    this.clientId = claims.client_id;
    this.subject = claims.sub;
    this.tenant = claims.tenant;
    this.claims = claims;
    this.#accountWide = new Set(claims.scope?.split(" ").filter((name) => name !== ""));
    this.#resourceMetadata = resourceMetadata;
  }

  /** The account-wide permissions. */
  get scope(): ReadonlySet<string> {
    return new Set(this.#accountWide);
  }

  /** Whether the caller has the permission: account-wide or, when one is named, on the resource. */
  may(permission: PermissionName, resource?: Resource): boolean {
    if (this.#accountWide.has(permission)) return true;
    if (resource === undefined) return false;
    return this.#idsOf(permission, resource.type)?.has(resource.id) ?? false;
  }

  /** On which resources of a type the caller has the permission: what a list may show. */
  resources(permission: PermissionName, type: string): "all" | ReadonlySet<string> {
    if (this.#accountWide.has(permission)) return "all";
    return new Set(this.#idsOf(permission, type));
  }

  /** Throws `insufficient_scope` unless the caller has the permission [RFC 6750 §3.1]. */
  require(permission: PermissionName, resource?: Resource): void {
    if (!this.may(permission, resource)) throw this.#insufficient(permission);
  }

  /** As `resources`, but throws `insufficient_scope` when the caller has it nowhere. */
  requireResources(permission: PermissionName, type: string): "all" | ReadonlySet<string> {
    const resources = this.resources(permission, type);
    if (resources !== "all" && resources.size === 0) throw this.#insufficient(permission);
    return resources;
  }

  #idsOf(permission: string, type: string): ReadonlySet<string> | undefined {
    this.#byResource ??= indexDetails(this.claims.authorization_details ?? []);
    return this.#byResource.get(indexKey(permission, type));
  }

  #insufficient(permission: string): AuthorizationError {
    const description =
      this.claims.authorization_details_omitted === true
        ? "This access token carries none of its rights on named resources, because they are " +
          "too many. Ask for the needed ones with authorization_details when you get a token."
        : `This ${this.claims.jti === undefined ? "API key" : "access token"} does not permit that.`;
    return new AuthorizationError("insufficient_scope", description, {
      scope: permission,
      resourceMetadata: this.#resourceMetadata,
    });
  }
}

/** A detail of any other form permits nothing; it may belong to someone else's type. */
function indexDetails(details: readonly unknown[]): Map<string, Set<string>> {
  const index = new Map<string, Set<string>>();
  for (const detail of details) {
    if (!isJsonObject(detail)) continue;
    const { type, identifier, actions } = detail;
    if (typeof type !== "string" || typeof identifier !== "string") continue;
    if (!Array.isArray(actions)) continue;
    for (const action of actions) {
      if (typeof action !== "string") continue;
      const key = indexKey(action, type);
      const ids = index.get(key) ?? new Set();
      index.set(key, ids.add(identifier));
    }
  }
  return index;
}

/** Unambiguous whatever the names hold. */
function indexKey(permission: string, type: string): string {
  return `${permission.length}:${permission}${type}`;
}
