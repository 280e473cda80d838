import { detailsOfRights } from "../access/rights.ts";
import { untilWritten } from "../access/compare-and-set.ts";
import type { LeakLabel, LeakResponse } from "@countersign/protocol/admin/leaks.ts";
import { auditOf, type Actor } from "../audit/audit.ts";
import { digestOf } from "../keys/secret.ts";
import type { Log } from "../log.ts";
import type { FindingRecord } from "../store/records.ts";
import type { LeakPlaceRecord, LeakRecord } from "../store/store.ts";
import { newId } from "../system.ts";
import { withoutSecrets } from "./candidate.ts";
import {
  hintOfRecognised,
  recognise,
  type RecognitionContext,
  type Recognised,
} from "./recognition.ts";
import { loadSubject, type LeakSubject, type SubjectContext } from "./subject.ts";

/**
 * A report of leaked secrets: from a scanning partner, who signed it, or from an administrator's own
 * scanner. Owns what a report leads to; how a caller proves who they are is for `http/`.
 *
 * Each secret is recorded and dealt with in one transaction, and a place that is known already changes
 * nothing: a report that failed half-way is finished by sending it again.
 */

export interface LeakReportContext extends RecognitionContext, SubjectContext {
  store: RecognitionContext["store"] & SubjectContext["store"];
  log: Log;
  totals: LeakTotals;
}

/** What this process was told. */
export interface LeakTotals {
  labels: Map<LeakLabel, number>;
  responses: Map<LeakResponse, number>;
}

export const createLeakTotals = (): LeakTotals => ({ labels: new Map(), responses: new Map() });

export interface Reporter {
  /** `partner`, or the kind of caller. */
  type: string;
  id: string;
  /** The only tenant whose secrets the reporter may ask about; a partner's reports concern all. */
  tenantId: string | undefined;
  /** Who acts on a tenant's secrets. */
  actorIn(tenantId: string): Actor;
}

export interface ReportedMatch {
  text: string;
  type: string;
  url: string;
  source: string;
}

/** Of each match whether it was a secret of ours. Rejects with `StoreUnavailable`. */
export async function receiveReport(
  context: LeakReportContext,
  reporter: Reporter,
  matches: readonly ReportedMatch[],
): Promise<LeakLabel[]> {
  await context.revocations.catchUp();
  const all = await recognise(
    context,
    matches.map(({ text }) => text),
  );
  const { tenantId: only } = reporter;
  const found = all.map((some) =>
    some.filter(({ tenantId }) => only === undefined || tenantId === only),
  );
  // A URL may hold the secret that was found behind it.
  const secrets = all.flat().map(({ plainSecret }) => plainSecret);
  for (const [index, match] of matches.entries()) {
    for (const one of found[index]!) {
      await recordLeak(context, reporter, one, placeOf(context, reporter, match, secrets));
    }
  }
  const labels = found.map((some) => (some.length > 0 ? "true_positive" : "false_positive"));
  for (const label of labels) count(context.totals.labels, label);
  return labels;
}

const placesMax = 100;
const urlCharactersMax = 2_000;
const wordCharactersMax = 200;

function placeOf(
  { system }: LeakReportContext,
  { type: reporterType, id: reporterId }: Reporter,
  { url, source, type }: ReportedMatch,
  secrets: readonly string[],
): LeakPlaceRecord {
  const clean = (text: string, max: number) =>
    withoutSecrets(text.slice(0, 4 * urlCharactersMax), secrets)
      // Postgres keeps no zero characters.
      .replaceAll("\0", "")
      .slice(0, max);
  return {
    placeDigest: digestOf(JSON.stringify([url, source])),
    url: clean(url, urlCharactersMax),
    source: clean(source, wordCharactersMax),
    type: clean(type, wordCharactersMax),
    reporterType,
    reporterId,
    atMs: system.now(),
  };
}

async function recordLeak(
  context: LeakReportContext,
  reporter: Reporter,
  found: Recognised,
  place: LeakPlaceRecord,
): Promise<void> {
  const { system, store, log, totals } = context;
  const { tenantId, digest } = found;
  const actor = reporter.actorIn(tenantId);
  await untilWritten(async () => {
    const earlier = await store.findLeakByDigest(tenantId, digest, place.placeDigest);
    const isKnown = earlier?.isKnownPlace === true || earlier?.leak.placeCount === placesMax;
    const subject = isKnown ? undefined : await loadSubject(context, found);
    if (subject === undefined) return "written";
    const id = earlier?.leak.id ?? newId(system, "lek_");
    const act =
      subject.policy === "notify"
        ? undefined
        : subject.takeBack(subject.policy, { actor, leakId: id });
    const response = responseOf(subject, act?.kind);
    const at = { id, earlier: earlier?.leak, response, atMs: place.atMs };
    const leak = leakOf(found, subject, at);
    const audit = auditOf(system, actor, {
      action: "leak.reported",
      subjectType: "leak",
      subjectId: id,
      before: earlier && auditView(earlier.leak),
      after: { ...auditView(leak), url: place.url, source: place.source },
    });
    const finding = findingOf(leak);
    const outcome = await store.recordLeak({ leak, place, act, finding, audit });
    if (outcome !== "written") return outcome;
    count(totals.responses, response);
    const { kind, subjectId } = leak;
    log.warn({ leakId: id, tenantId, kind, subjectId, response }, "a leaked secret was reported");
    return outcome;
  });
}

/** Of a token the token is revoked, whatever would be done to the credential. */
function responseOf(
  { policy, state }: LeakSubject,
  acted: "credential" | "api_key" | "token" | undefined,
): LeakResponse {
  if (acted === "token") return "revoked";
  if (acted !== undefined) return policy === "disable" ? "disabled" : "revoked";
  return policy === "notify" && state === "active" ? "notified" : "nothing_left";
}

function leakOf(
  found: Recognised,
  subject: LeakSubject,
  at: { id: string; earlier: LeakRecord | undefined; response: LeakResponse; atMs: number },
): LeakRecord {
  const { id, earlier, response, atMs } = at;
  const { tenantId, digest, kind, id: subjectId } = found;
  const { clientId, ownerType, ownerId, state, policy, rights } = subject;
  return {
    id,
    tenantId,
    digest,
    kind,
    subjectId,
    clientId,
    ownerType,
    ownerId,
    hint: hintOfRecognised(found),
    state,
    policy,
    // What was done about it at another place stays what was done.
    response: response === "nothing_left" ? (earlier?.response ?? response) : response,
    rights: JSON.stringify({
      permissions: [...rights.account],
      resources: detailsOfRights(rights),
    }),
    // A secret that turns up somewhere else is news again.
    status: "open",
    note: earlier?.note ?? "",
    placeCount: (earlier?.placeCount ?? 0) + 1,
    firstReportedAtMs: earlier?.firstReportedAtMs ?? atMs,
    lastReportedAtMs: atMs,
    version: (earlier?.version ?? 0) + 1,
  };
}

function findingOf(leak: LeakRecord): FindingRecord | undefined {
  const { tenantId, clientId, lastReportedAtMs: atMs } = leak;
  if (clientId === undefined) return undefined;
  const seen = { firstSeenAtMs: atMs, lastSeenAtMs: atMs };
  return { tenantId, clientId, kind: "secret_leaked", origin: "", count: 1, ...seen };
}

/** Everything but the digest. */
export function auditView({ digest: _digest, rights: _rights, ...view }: LeakRecord): object {
  return view;
}

const count = <Name>(counts: Map<Name, number>, name: Name): void =>
  void counts.set(name, (counts.get(name) ?? 0) + 1);
