import { createHmac, timingSafeEqual } from "node:crypto";
import type { AuditHeadClaims } from "@countersign/protocol/audit-chain.ts";
import type { Log } from "../log.ts";
import type { AuditEventRecord, AuditHeadRecord } from "../store/records.ts";
import { StoreUnavailable, type AuditStore } from "../store/store.ts";
import type { System } from "../system.ts";
import {
  chainEvents,
  chainStart,
  followsChain,
  type Link,
  type SealedEvent,
} from "./audit-chain.ts";

/**
 * Seals the audit log: numbers what was inserted since, chains it to what is sealed, and signs the new
 * head. Numbers, hashes and head are one transaction that succeeds only if the head is still the
 * one it was computed from. So however many processes seal at once there is one chain, and a process
 * that dies leaves everything sealed or nothing. Events that are committed meanwhile are next.
 */

export interface AuditSealer {
  /** Seals what waits, at most one batch. `true` when more may be waiting. */
  seal(): Promise<boolean>;
  /** Removes what is older than retention, and signs heads anew whose key no longer signs. */
  tend(): Promise<void>;
}

/** What a head is signed with. */
export interface HeadSigner {
  issuerOf(tenantId: string): string;
  currentKeyId(tenantId: string): Promise<string>;
  sign(tenantId: string, claims: AuditHeadClaims): Promise<{ keyId: string; jws: string }>;
  /** For a MAC that outlives every signing key. */
  macKeyOf(tenantId: string): Buffer;
}

export interface AuditSealerOptions {
  system: System;
  store: AuditStore;
  signer: HeadSigner;
  log: Log;
  keepMs: number;
}

const eventsPerSeal = 200;

export function createAuditSealer(options: AuditSealerOptions): AuditSealer {
  const { system, store, signer, log, keepMs } = options;
  const { isOurs, move } = createHeads(options);
  /** Tenants whose log was altered: nothing is built upon that, and nobody else waits for it. */
  const altered = new Set<string>();
  const { failed, alone } = createFailures(log);

  function giveUp(tenantId: string): void {
    altered.add(tenantId);
    log.error({ tenantId }, "the audit log was altered: it is no longer sealed");
  }

  async function sealTenant(tenantId: string, events: AuditEventRecord[]): Promise<void> {
    const before = await store.findAuditHead(tenantId);
    if (before !== undefined && !isOurs(before)) return giveUp(tenantId);
    const sealed = chainEvents(before ?? chainStart(tenantId), events);
    const removed = before === undefined ? chainStart(tenantId) : removedOf(before);
    await move({ tenantId, before, sealed, last: sealed.at(-1)!, removed });
  }

  /** Answers whether more may be to do. */
  async function tendTenant(before: AuditHeadRecord): Promise<boolean> {
    const { tenantId } = before;
    const removed = removedOf(before);
    const oldest = await store.listSealedAudit(tenantId, removed.sequence, eventsPerSeal);
    const old = leadingWhile(oldest, ({ atMs }) => atMs < system.now() - keepMs);
    const isSigned = (await signer.currentKeyId(tenantId)) === before.keyId;
    if (old.length === 0 && isSigned) return false;
    if (!isOurs(before) || !followsChain(removed, old)) {
      giveUp(tenantId);
      return false;
    }
    const last = chainEvents(removed, old).at(-1) ?? removed;
    await move({ tenantId, before, sealed: [], last: before, removed: last });
    return old.length === eventsPerSeal;
  }

  async function tendWhole(tenantId: string): Promise<void> {
    for (let isMore = true; isMore;) {
      const head = await store.findAuditHead(tenantId);
      isMore = head !== undefined && (await tendTenant(head));
    }
  }

  return {
    async seal() {
      const waiting = await store.listUnsealedAudit(eventsPerSeal, [...altered, ...failed]);
      const byTenant = Map.groupBy(waiting, ({ tenantId }) => tenantId);
      for (const [tenantId, events] of byTenant) {
        await alone(tenantId, () => sealTenant(tenantId, events));
      }
      return waiting.length === eventsPerSeal;
    },
    async tend() {
      failed.clear();
      for (const { tenantId } of await store.listAuditHeads()) {
        if (!altered.has(tenantId)) await alone(tenantId, () => tendWhole(tenantId));
      }
    },
  };
}

/** What goes wrong with one tenant keeps nobody else waiting; a store that is down concerns all. */
function createFailures(log: Log) {
  /** Those that could not be sealed, such as one whose key is not known here yet. */
  const failed = new Set<string>();
  return {
    failed,
    async alone(tenantId: string, work: () => Promise<void>): Promise<void> {
      try {
        await work();
      } catch (error) {
        if (error instanceof StoreUnavailable) throw error;
        failed.add(tenantId);
        log.error({ err: error, tenantId }, "an audit log was not sealed; it is tried again");
      }
    },
  };
}

/** Heads: whether one is ours, and how the next one is written. */
function createHeads({ system, store, signer }: AuditSealerOptions) {
  return {
    /** A head that this server did not write is never built upon: signing it would make it true. */
    isOurs(head: AuditHeadRecord): boolean {
      const expected = Buffer.from(macOf(signer.macKeyOf(head.tenantId), head));
      const written = Buffer.from(head.mac);
      return written.length === expected.length && timingSafeEqual(written, expected);
    },

    async move({ tenantId, before, sealed, last, removed }: Move): Promise<void> {
      const signedAtMs = system.now();
      const { sequence, hash } = last;
      const { keyId, jws } = await signer.sign(tenantId, {
        iss: signer.issuerOf(tenantId),
        tenant: tenantId,
        iat: Math.floor(signedAtMs / 1000),
        sequence,
        hash,
        begins_after: { sequence: removed.sequence, hash: removed.hash },
      });
      const head = {
        tenantId,
        sequence,
        hash,
        removedSequence: removed.sequence,
        removedHash: removed.hash,
        keyId,
        signedAtMs,
        jws,
      };
      const mac = macOf(signer.macKeyOf(tenantId), head);
      // On a conflict another process was first, and the next round goes on behind it.
      await store.moveAuditHead({ before, head: { ...head, mac }, sealed });
    },
  };
}

interface Move {
  tenantId: string;
  before: AuditHeadRecord | undefined;
  sealed: SealedEvent[];
  last: Link;
  removed: Link;
}

const removedOf = (head: AuditHeadRecord): Link => ({
  sequence: head.removedSequence,
  hash: head.removedHash,
});

function leadingWhile<Item>(items: Item[], holds: (item: Item) => boolean): Item[] {
  const end = items.findIndex((item) => !holds(item));
  return end === -1 ? items : items.slice(0, end);
}

function macOf(key: Buffer, head: Omit<AuditHeadRecord, "mac">): string {
  const { tenantId, sequence, hash, removedSequence, removedHash, keyId, signedAtMs, jws } = head;
  const text = JSON.stringify([
    tenantId,
    sequence,
    hash,
    removedSequence,
    removedHash,
    keyId,
    signedAtMs,
    jws,
  ]);
  return createHmac("sha256", key).update(text).digest("base64url");
}
