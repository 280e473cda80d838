import type { Log } from "../log.ts";
import type { FindingRecord, UsageCount } from "../store/records.ts";
import type { UsageStore } from "../store/store.ts";
import type { System } from "../system.ts";
import { createFindings } from "./findings.ts";
import { createLastUses, type Use } from "./last-uses.ts";
import { createPermissionUses, type Exercise } from "./permission-uses.ts";
import { createUsageCounts } from "./usage-counts.ts";

/**
 * What waits to be written, in bounded memory. What cannot be written is kept and tried again; what
 * there is no room for is given up, and the next write records the gap.
 */
export interface UsageWriter {
  addUse(use: Use, count: UsageCount): void;
  /** A last use alone. Nothing is decided by these, so none leaves a gap. */
  noteUse(use: Use): void;
  /** For refusals: nobody relies on these being complete, so none leaves a gap. */
  addCount(count: UsageCount): void;
  addFinding(finding: FindingRecord): void;
  addExercise(exercise: Exercise): void;
  /** Everything in one transaction; with `isLast` also last uses that were written a moment ago. */
  write(isLast: boolean): Promise<"written" | "kept">;
}

export interface UsageWriterOptions {
  system: System;
  store: UsageStore;
  log: Log;
  processId: string;
  rowsWaitingMax: number;
}

export function createUsageWriter(options: UsageWriterOptions): UsageWriter {
  const { system, store, log, processId, rowsWaitingMax } = options;
  const counts = createUsageCounts(rowsWaitingMax);
  const lastUses = createLastUses(rowsWaitingMax);
  const findings = createFindings(rowsWaitingMax);
  const permissionUses = createPermissionUses(rowsWaitingMax);
  /** Since when something was given up that no gap tells yet. */
  let givenUpFromMs: number | undefined;

  function giveUp(fromMs: number): void {
    givenUpFromMs = Math.min(fromMs, givenUpFromMs ?? fromMs);
  }

  async function write(isLast: boolean): Promise<"written" | "kept"> {
    const atMs = system.now();
    const fromMs = givenUpFromMs;
    givenUpFromMs = undefined;
    const batch = {
      processId,
      atMs,
      counts: counts.take(),
      findings: findings.take(),
      uses: lastUses.due(atMs, isLast),
      permissionUses: permissionUses.due(atMs, isLast),
      gaps: fromMs === undefined ? [] : [{ fromMs, untilMs: atMs }],
    };
    try {
      await store.insertUsage(batch);
      lastUses.written(batch.uses, atMs);
      return "written";
    } catch (error) {
      log.warn({ err: error, rows: batch.counts.length }, "usage was not written; it is kept");
      // What came meanwhile may have taken the room.
      for (const row of batch.counts) if (!counts.add(row)) giveUp(row.startMs);
      for (const finding of batch.findings) findings.add(finding);
      permissionUses.keep(batch.permissionUses);
      if (fromMs !== undefined) giveUp(fromMs);
      return "kept";
    }
  }

  return {
    addUse(use, count) {
      const atMs = system.now();
      const isCounted = counts.add(count);
      const isNoted = lastUses.note(use, atMs);
      if (!isCounted || !isNoted) giveUp(atMs);
    },
    noteUse: (use) => void lastUses.note(use, system.now()),
    addCount: (count) => void counts.add(count),
    addFinding: (finding) => findings.add(finding),
    addExercise: (exercise) => permissionUses.note(exercise, system.now()),
    write,
  };
}
