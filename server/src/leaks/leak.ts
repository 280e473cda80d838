import type { LeakStatus } from "@countersign/protocol/admin/leaks.ts";
import { checkVersion, untilWritten } from "../access/compare-and-set.ts";
import { auditOf, type Actor } from "../audit/audit.ts";
import { notFound } from "../errors/admin-error.ts";
import type { CredentialUse } from "../store/records.ts";
import type {
  CredentialStore,
  LeakPlaceRecord,
  LeakRecord,
  LeakStore,
  UsageReportStore,
} from "../store/store.ts";
import type { System } from "../system.ts";
import { auditView } from "./leak-report.ts";

/** A leak after it was reported: what is known of it, and what becomes of it. */

export interface LeakContext {
  system: System;
  store: LeakStore & UsageReportStore & Pick<CredentialStore, "listCredentialUses">;
}

/** Throws 404. */
export async function loadLeak(
  { store }: Pick<LeakContext, "store">,
  tenantId: string,
  id: string,
): Promise<LeakRecord> {
  const leak = await store.findLeak(tenantId, id);
  if (leak === undefined) throw notFound(id);
  return leak;
}

export interface LeakChange {
  status: LeakStatus | undefined;
  note: string | undefined;
  /** `If-Match`: refuse when another version is stored. */
  expectedVersion: number | undefined;
}

/** Throws 404 and 412. */
export async function updateLeak(
  context: LeakContext,
  actor: Actor,
  id: string,
  change: LeakChange,
): Promise<LeakRecord> {
  const { system, store } = context;
  return untilWritten(async () => {
    const before = await loadLeak(context, actor.tenantId, id);
    checkVersion(before, change.expectedVersion);
    const { status = before.status, note = before.note } = change;
    const leak = { ...before, status, note, version: before.version + 1 };
    const audit = auditOf(system, actor, {
      action: "leak.updated",
      subjectType: "leak",
      subjectId: id,
      before: auditView(before),
      after: auditView(leak),
    });
    const outcome = await store.updateLeak({ leak, audit });
    return outcome === "written" ? leak : outcome;
  });
}

/** What was seen of its use: a token leaves nothing of its own behind. */
export interface LeakEvidence {
  places: LeakPlaceRecord[];
  use: CredentialUse | undefined;
  tokensIssued: number | undefined;
}

export async function evidenceOf(
  { system, store }: LeakContext,
  leak: LeakRecord,
): Promise<LeakEvidence> {
  const { tenantId, subjectId } = leak;
  const places = await store.listLeakPlaces(leak.id);
  if (leak.kind !== "client_secret" && leak.kind !== "api_key") {
    return { places, use: undefined, tokensIssued: undefined };
  }
  const [[use], counted] = await Promise.all([
    store.listCredentialUses(tenantId, [subjectId]),
    store.sumUsage(tenantId, {
      sinceMs: 0,
      untilMs: system.now() + 1,
      spansMs: allSpansMs,
      // A key earns tokens in its own name.
      clientId: leak.kind === "api_key" ? subjectId : leak.clientId,
      groupBy: "credential",
      spanMs: allSpansMs[0]!,
      limit: groupsMax,
    }),
  ]);
  const sum = counted.find(({ credentialId }) => credentialId === subjectId);
  return { places, use, tokensIssued: sum?.issued ?? 0 };
}

/** As counts are kept: minutes, hours, days. */
const allSpansMs = [60_000, 3_600_000, 86_400_000];
/** More credentials than a client has had while its counts are kept. */
const groupsMax = 10_000;
