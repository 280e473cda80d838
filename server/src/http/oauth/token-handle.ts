import type { KnownClient } from "../../clients/known-clients.ts";
import type { ApiKeyRecord } from "../../store/records.ts";
import type { LiveToken } from "../../tokens/live-token.ts";

/**
 * Whose a token or an API key is: a client may always ask about its own and take them back
 * [RFC 7009 §2.1, RFC 7662 §2.1].
 */
export interface Handle {
  tenantId: string;
  /** The client that got it or made it, if it was one. */
  clientId: string | undefined;
}

export const handleOf = ({ claims, principal }: LiveToken): Handle => ({
  tenantId: claims.tenant,
  clientId: principal.type === "client" ? principal.id : undefined,
});

export const handleOfKey = ({ tenantId, ownerType, ownerId }: ApiKeyRecord): Handle => ({
  tenantId,
  clientId: ownerType === "client" ? ownerId : undefined,
});

export const isOwn = ({ clientId, tenantId }: KnownClient, handle: Handle): boolean =>
  handle.clientId === clientId && handle.tenantId === tenantId;
