import { auditHeadType } from "@countersign/protocol/audit-chain.ts";
import type { SigningAlgorithm } from "@countersign/protocol/oauth.ts";
import { createAuditSealer, type HeadSigner } from "../audit/audit-sealer.ts";
import type { Sealer } from "../keys/sealing.ts";
import type { SigningKey } from "../keys/signing-key.ts";
import type { SigningKeys } from "../keys/signing.ts";
import type { Log } from "../log.ts";
import type { ApiStore, AuditStore, LeaseStore } from "../store/store.ts";
import type { System } from "../system.ts";
import { startJob, type Job } from "./job.ts";
import type { Lease } from "./lease.ts";

/**
 * Seals the audit log every second, in one process of all that share a store. The lease is asked for
 * only when something waits, so that an idle service writes nothing; that there is one chain rests
 * on the store and not on the lease.
 */

export interface AuditJobContext {
  system: System;
  store: AuditStore & ApiStore & LeaseStore;
  keys: SigningKeys;
  sealer: Sealer;
  issuerOf(tenantId: string): string;
  keepMs: number;
  log: Log;
}

const sealEveryMs = 1_000;
const tendEveryMs = 60_000;

export function startAuditJob(context: AuditJobContext): Job {
  const { system, store } = context;
  const sealer = createAuditSealer({ ...context, signer: headSigner(context) });
  let tendedAtMs = -Infinity;

  async function runOnce(lease: Lease): Promise<void> {
    const isDue = system.elapsedMs() - tendedAtMs >= tendEveryMs;
    const waiting = await store.listUnsealedAudit(1, []);
    if (!isDue && waiting.length === 0) return;
    if (!(await lease.hold())) return;
    while (await sealer.seal());
    if (!isDue) return;
    await sealer.tend();
    tendedAtMs = system.elapsedMs();
  }

  return startJob(context, {
    name: "audit",
    everyMs: sealEveryMs,
    failure: "the audit log was not sealed; it is tried again",
    run: runOnce,
  });
}

/** Heads are signed like the tokens of a tenant's own API, and verified with the same key set. */
function headSigner({ keys, store, sealer, issuerOf }: AuditJobContext): HeadSigner {
  async function keyOf(tenantId: string): Promise<SigningKey> {
    const ownApi = (await store.listApis(tenantId)).find(({ isDefault }) => isDefault);
    return keys.current(tenantId, (ownApi?.signingAlgorithm ?? "ES256") as SigningAlgorithm);
  }
  return {
    issuerOf,
    currentKeyId: async (tenantId) => (await keyOf(tenantId)).id,
    async sign(tenantId, claims) {
      const key = await keyOf(tenantId);
      const header = { alg: key.algorithm, typ: auditHeadType, kid: key.id };
      const signingInput = `${encode(header)}.${encode(claims)}`;
      return { keyId: key.id, jws: `${signingInput}.${key.sign(signingInput)}` };
    },
    macKeyOf: (tenantId) => sealer.deriveKey(tenantId, "audit head"),
  };
}

/** JWS compact serialization [RFC 7515 §7.1]. */
const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
