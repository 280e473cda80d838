import type { CredentialState } from "@countersign/protocol/admin/credentials.ts";
import type { CredentialRecord } from "../store/records.ts";

/** What a credential is worth at a moment. A disabled one comes back by itself when its time is up. */
export function stateOf(credential: CredentialRecord, atMs: number): CredentialState {
  const { revokedAtMs, expiresAtMs, disabledAtMs, disabledUntilMs } = credential;
  if (revokedAtMs !== undefined) return "revoked";
  if (expiresAtMs !== undefined && expiresAtMs <= atMs) return "expired";
  if (disabledAtMs !== undefined && (disabledUntilMs ?? Infinity) > atMs) return "disabled";
  return "active";
}

/** Where the sealed copy of a client secret belongs. */
export const secretPlace = ({ tenantId, id }: Pick<CredentialRecord, "tenantId" | "id">) => ({
  tenantId,
  label: "credential.secret",
  rowId: id,
});
