import type { UsageGroupBy, UsageResolution } from "@countersign/protocol/admin/usage.ts";
import { badField } from "../errors/admin-error.ts";
import type { UsageGap } from "../store/records.ts";
import type { UsageReportStore, UsageStore, UsageSum } from "../store/store.ts";

/**
 * What the counts say about a span of time. Minutes become hours and hours days as they age, so a
 * question that is finer than what is left is refused rather than answered wrongly.
 */

export interface UsageQuestion {
  sinceMs: number | undefined;
  untilMs: number | undefined;
  clientId: string | undefined;
  groupBy: UsageGroupBy;
  resolution: UsageResolution;
  /** The largest groups, at most so many. */
  limit: number;
}

export interface UsageReport {
  sinceMs: number;
  untilMs: number;
  issued: number;
  refused: number;
  groups: UsageSum[];
  isTruncated: boolean;
  gaps: UsageGap[];
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** `keptMs` is what `jobs/` keeps of each, less what one roll-up may be ahead. */
const resolutions: Record<UsageResolution, { spanMs: number; keptMs: number }> = {
  minute: { spanMs: minuteMs, keptMs: 48 * hourMs },
  hour: { spanMs: hourMs, keptMs: 90 * dayMs },
  day: { spanMs: dayMs, keptMs: 730 * dayMs },
};

/** A chart has no more: two days of minutes, or all hours that are kept. */
export const pointsMax = 3_000;

/** Throws 400. */
export async function reportUsage(
  store: UsageReportStore & UsageStore,
  { tenantId, atMs }: { tenantId: string; atMs: number },
  question: UsageQuestion,
): Promise<UsageReport> {
  const { clientId, groupBy, resolution } = question;
  const { spanMs } = resolutions[resolution];
  const { sinceMs, untilMs } = rangeOf(question, atMs);
  const sum = (by: UsageGroupBy, limit: number) =>
    store.sumUsage(tenantId, {
      sinceMs,
      untilMs,
      spansMs: [minuteMs, hourMs, dayMs].filter((ms) => ms <= spanMs),
      clientId,
      groupBy: by,
      spanMs,
      limit,
    });
  const [overTime, largest, gaps] = await Promise.all([
    sum("time", pointsMax),
    groupBy === "time" ? [] : sum(groupBy, question.limit + 1),
    store.listGaps(sinceMs),
  ]);
  const issued = overTime.reduce((total, group) => total + group.issued, 0);
  const refused = overTime.reduce((total, group) => total + group.refused, 0);
  return {
    sinceMs,
    untilMs,
    issued,
    refused,
    groups:
      groupBy === "time"
        ? everySpan(overTime, { sinceMs, untilMs, spanMs })
        : largest.slice(0, question.limit),
    isTruncated: largest.length > question.limit,
    gaps: gaps.filter(({ fromMs }) => fromMs < untilMs),
  };
}

/** Whole spans, from the one that `since` is in. */
function rangeOf({ sinceMs, untilMs, resolution }: UsageQuestion, atMs: number) {
  const { spanMs, keptMs } = resolutions[resolution];
  const until = untilMs ?? atMs;
  const since = sinceMs ?? until - dayMs;
  const aligned = since - (since % spanMs);
  if (since >= until) throw badField("since", "must be before until");
  if (since < atMs - keptMs) {
    throw badField(
      "resolution",
      `is kept for ${keptMs / hourMs} hours only; ask for a coarser one`,
    );
  }
  if ((until - aligned) / spanMs > pointsMax) {
    throw badField("resolution", `would make more than ${pointsMax} points; ask for a coarser one`);
  }
  return { sinceMs: aligned, untilMs: until };
}

/** Spans in which nothing was counted are 0, so that a chart shows them. */
function everySpan(
  sums: UsageSum[],
  { sinceMs, untilMs, spanMs }: { sinceMs: number; untilMs: number; spanMs: number },
): UsageSum[] {
  const byStart = new Map(sums.map((group) => [group.startMs, group]));
  const groups: UsageSum[] = [];
  for (let startMs = sinceMs; startMs < untilMs; startMs += spanMs) {
    groups.push(byStart.get(startMs) ?? { ...nothing, startMs });
  }
  return groups;
}

const nothing = { clientId: "", credentialId: "", cause: "", issued: 0, refused: 0 };
