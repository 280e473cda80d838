import { digestOf, digestScheme, generateSecret, hintOf } from "../keys/secret.ts";
import type { Sealer } from "../keys/sealing.ts";
import type { CredentialRecord } from "../store/records.ts";
import type { TenantStore } from "../store/store.ts";
import { newId, type System } from "../system.ts";
import { secretPlace } from "./credential.ts";

/**
 * A client secret: made here, kept as a digest for checking and, unless the tenant wants it shown
 * only once, as a sealed copy so that it can be copied again.
 */

export interface SecretContext {
  system: System;
  store: TenantStore;
  sealer: Sealer;
}

export interface MadeSecret {
  credential: CredentialRecord;
  /** Exists from making to showing. */
  plainSecret: string;
}

export async function makeSecret(
  { system, store, sealer }: SecretContext,
  client: { tenantId: string; clientId: string },
  options: {
    description?: string | undefined;
    expiresAtMs?: number | undefined;
    onLeak?: string | undefined;
  } = {},
): Promise<MadeSecret> {
  const { tenantId, clientId } = client;
  const tenant = await store.findTenant(tenantId);
  const plainSecret = generateSecret(system, "clientSecret");
  const id = newId(system, "crd_");
  const credential: CredentialRecord = {
    id,
    tenantId,
    clientId,
    kind: "secret",
    digestScheme,
    digest: digestOf(plainSecret),
    sealedSecret: tenant?.keepsSecrets
      ? sealer.seal(secretPlace({ tenantId, id }), plainSecret)
      : undefined,
    hint: hintOf(plainSecret),
    description: options.description ?? "",
    createdAtMs: system.now(),
    expiresAtMs: options.expiresAtMs,
    disabledAtMs: undefined,
    disabledUntilMs: undefined,
    revokedAtMs: undefined,
    onLeak: options.onLeak,
  };
  return { credential, plainSecret };
}

/** The secret again, or `undefined` when it was shown only once. */
export function openSecret(sealer: Sealer, credential: CredentialRecord): string | undefined {
  const { sealedSecret } = credential;
  return sealedSecret && sealer.open(secretPlace(credential), sealedSecret);
}
