import type { Actor } from "../audit/audit.ts";
import type { ApiKeyRecord } from "../store/records.ts";

/**
 * Who acts when a key is used: a personal key is its owner, one with roles of its own is itself.
 */
export function principalOf(apiKey: ApiKeyRecord): Pick<Actor, "type" | "id" | "tenantId"> {
  const { id, tenantId, kind, ownerType, ownerId } = apiKey;
  if (kind !== "personal") return { type: "api_key", id, tenantId };
  return { type: ownerType === "client" ? "client" : "user", id: ownerId, tenantId };
}
