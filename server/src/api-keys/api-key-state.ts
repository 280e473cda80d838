import type { ApiKeyState } from "@countersign/protocol/admin/api-keys.ts";
import type { ApiKeyRecord } from "../store/records.ts";

/** What an API key is worth at a moment, whatever its owner is. */
export function apiKeyStateOf(apiKey: ApiKeyRecord, atMs: number): ApiKeyState {
  const { revokedAtMs, expiresAtMs, enabled } = apiKey;
  if (revokedAtMs !== undefined) return "revoked";
  if (expiresAtMs !== undefined && expiresAtMs <= atMs) return "expired";
  return enabled ? "active" : "disabled";
}
