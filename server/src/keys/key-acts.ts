import type { AuditAction } from "@countersign/protocol/audit-subjects.ts";
import type { SigningAlgorithm } from "@countersign/protocol/oauth.ts";
import { AdminError, badField, changedMeanwhile, notFound } from "../errors/admin-error.ts";
import type {
  AuditRecord,
  Revocation,
  SigningKeyRecord,
  SigningKeyStage,
} from "../store/records.ts";
import { nextStageAtMs, planRotation } from "./rotation.ts";
import { generateSigningKey } from "./signing-key.ts";
import type { SigningKeysOptions } from "./signing.ts";

/**
 * What an administrator does with signing keys by hand: replace them ahead of their time, or take one
 * out at once. What is due by itself is in `signing.ts`.
 */

export type KeyActs = Pick<SigningKeysOptions, "system" | "store" | "sealer" | "schedule">;

/** Who acts, and how that is written down. */
export interface KeyKeeper {
  tenantId: string;
  audit(act: {
    action: AuditAction;
    subjectType: string;
    subjectId: string;
    before: object;
    after: object;
  }): AuditRecord;
}

export interface PublishedKey extends SigningKeyRecord {
  /** When it moves on by itself. */
  nextStageAtMs: number;
}

export async function listKeys(
  { store, schedule }: Pick<KeyActs, "store" | "schedule">,
  tenantId: string,
): Promise<PublishedKey[]> {
  const keys = await store.listSigningKeys(tenantId);
  return keys.map((key) => {
    const ofAlgorithm = keys.filter(({ algorithm }) => algorithm === key.algorithm);
    return { ...key, nextStageAtMs: nextStageAtMs(key, ofAlgorithm, schedule) };
  });
}

/**
 * The next keys sign from now on, of one algorithm or of all that are in use: all of them or none.
 * Throws 400, and 409 while a next key has not been published for long enough.
 */
export async function rotateNow(
  context: KeyActs,
  keeper: KeyKeeper,
  algorithm: SigningAlgorithm | undefined,
): Promise<void> {
  const { system, store, schedule } = context;
  const atMs = system.now();
  const keys = (await store.listSigningKeys(keeper.tenantId)).filter(
    (key) => algorithm === undefined || key.algorithm === algorithm,
  );
  if (keys.length === 0) throw badField("algorithm", "has no keys: no API signs with it");
  const change = emptyChange();
  for (const ofAlgorithm of byAlgorithm(keys)) {
    checkMayRotate(ofAlgorithm, atMs, schedule.publishAheadMs);
    const { moves, missing } = planRotation(ofAlgorithm, atMs, schedule, "now");
    change.moves.push(...moves);
    await insertMissing(context, change, ofAlgorithm[0]!, missing);
    const old = ofAlgorithm.find(({ stage }) => stage === "current")!;
    const next = ofAlgorithm.find(({ stage }) => stage === "next")!;
    change.audits.push(
      keeper.audit({
        action: "signing_key.rotated",
        subjectType: "signing_key",
        subjectId: next.id,
        before: { algorithm: old.algorithm, current: old.id },
        after: { algorithm: next.algorithm, current: next.id },
      }),
    );
  }
  if ((await write(context, keeper.tenantId, change)) === "conflict") throw changedMeanwhile();
}

const triesMax = 5;

/**
 * Takes a key out of the set for good: whatever it signed is refused. If it signed now, the next key
 * takes over, however young it is: verifiers ask for a key that they do not know. Throws 404.
 */
export async function removeKey(context: KeyActs, keeper: KeyKeeper, keyId: string): Promise<void> {
  const { store } = context;
  for (let tries = 1; tries <= triesMax; tries += 1) {
    const keys = await store.listSigningKeys(keeper.tenantId);
    const removed = keys.find(({ id }) => id === keyId);
    if (removed === undefined) throw notFound(keyId);
    const next = keys.find(
      ({ stage, algorithm }) => stage === "next" && algorithm === removed.algorithm,
    );
    const change = emptyChange();
    change.moves.push({ id: keyId, from: removed.stage, to: "retired" });
    if (removed.stage === "current" && next !== undefined) {
      change.moves.push({ id: next.id, from: "next", to: "current" });
    }
    await insertMissing(context, change, removed, missingAfter(removed, next));
    change.audits.push(
      keeper.audit({
        action: "signing_key.removed",
        subjectType: "signing_key",
        subjectId: keyId,
        before: { algorithm: removed.algorithm, stage: removed.stage },
        after: { algorithm: removed.algorithm, stage: "retired" },
      }),
    );
    change.revocations.push({ subjectType: "key", subjectId: keyId, dropped: undefined });
    if ((await write(context, keeper.tenantId, change)) === "written") return;
  }
  throw changedMeanwhile();
}

/** Which stages are empty once the key is gone and the next one has taken its place. */
function missingAfter(
  { stage }: SigningKeyRecord,
  next: SigningKeyRecord | undefined,
): SigningKeyStage[] {
  if (stage === "next") return ["next"];
  if (stage === "previous") return [];
  return next === undefined ? ["current", "next"] : ["next"];
}

function checkMayRotate(keys: SigningKeyRecord[], atMs: number, publishAheadMs: number): void {
  const next = keys.find(({ stage }) => stage === "next");
  const readyAtMs = (next?.stageSinceMs ?? atMs) + publishAheadMs;
  const hasCurrent = keys.some(({ stage }) => stage === "current");
  if (hasCurrent && next !== undefined && atMs >= readyAtMs) return;
  const { algorithm } = keys[0]!;
  throw new AdminError(
    409,
    `The next ${algorithm} key has not been published for long enough: verifiers with a cached key ` +
      `set would refuse its tokens. Rotate at ${new Date(readyAtMs).toISOString()} or later, or ` +
      "remove the current key if it may be in the wrong hands.",
  );
}

interface Change {
  moves: { id: string; from: SigningKeyStage; to: SigningKeyStage }[];
  inserts: SigningKeyRecord[];
  audits: AuditRecord[];
  revocations: Revocation[];
}

const emptyChange = (): Change => ({ moves: [], inserts: [], audits: [], revocations: [] });

async function insertMissing(
  { system, sealer }: KeyActs,
  change: Change,
  like: SigningKeyRecord,
  stages: SigningKeyStage[],
): Promise<void> {
  const { tenantId } = like;
  const algorithm = like.algorithm as SigningAlgorithm;
  for (const stage of stages) {
    change.inserts.push(await generateSigningKey(system, sealer, { tenantId, algorithm, stage }));
  }
}

function write(
  { system, store }: KeyActs,
  tenantId: string,
  { moves, inserts, audits, revocations }: Change,
) {
  const act = { audits, revocations };
  return store.moveSigningKeys({ tenantId, moves, inserts, atMs: system.now(), act });
}

function byAlgorithm(keys: SigningKeyRecord[]): SigningKeyRecord[][] {
  return [...Map.groupBy(keys, ({ algorithm }) => algorithm).values()];
}
