import type { Log } from "../log.ts";
import type { FindingRecord } from "../store/records.ts";
import type { UsageStore } from "../store/store.ts";
import { shareRuns } from "../shared-run.ts";
import { newId, type System } from "../system.ts";
import type { Use } from "./last-uses.ts";
import type { Exercise } from "./permission-uses.ts";
import { createUsageWriter } from "./usage-writer.ts";

/**
 * Counts, never audit: how many tokens were issued and refused, and when a credential was last used.
 * Issuing adds to numbers in memory; one transaction a second writes them. What cannot be written is
 * kept and tried again; what must be given up leaves a recorded gap.
 */

export interface Usage {
  issued(use: Use): void;
  /** A use that is no token, such as a call with an API key: noted, and not counted. */
  used(use: Use): void;
  /** A call was let through by a permission, or a token was asked for with it by name. */
  exercised(exercise: Exercise): void;
  /** A refusal; where nobody is known it counts under the tenant only. */
  refused(subject: RefusedSubject, cause: string): void;
  /** A client secret came from a web page, where everybody can read it. */
  seenFromBrowser(use: Use, origin: string): void;
  /** A token was signed with an algorithm that is offered for older verifiers only. */
  signedForOldVerifiers(use: Pick<Use, "tenantId" | "clientId">, audience: string): void;
  /** Since this process started. */
  totals(): { issued: number; refused: ReadonlyMap<string, number> };
  flush(): Promise<void>;
  /** Writes what is left and says goodbye, so that no gap is recorded. */
  stop(): Promise<void>;
}

/** To whom something was refused, as far as it is known; an API key is the client and the credential. */
export interface RefusedSubject {
  tenantId: string;
  clientId: string | undefined;
  credentialId: string | undefined;
}

export const minuteMs = 60_000;
const flushEveryMs = 1_000;
const originCharactersMax = 200;

/** Beyond `rowsWaitingMax` rows that wait, counts are given up and a gap is recorded. */
export function createUsage(
  system: System,
  store: UsageStore,
  log: Log,
  rowsWaitingMax = 100_000,
): Usage {
  const processId = newId(system, "prc_");
  const writer = createUsageWriter({ system, store, log, processId, rowsWaitingMax });
  const totals = { issued: 0, refused: new Map<string, number>() };
  let isLast = false;
  let outcome: "written" | "kept" = "kept";

  // However long the store keeps one waiting, there is at most one more behind it.
  const flush = shareRuns(async () => {
    outcome = await writer.write(isLast);
  });

  const timer = setInterval(() => void flush(), flushEveryMs);
  timer.unref();

  return {
    issued(use) {
      totals.issued += 1;
      const { tenantId, clientId, credentialId } = use;
      const subject = { tenantId, clientId, credentialId };
      writer.addUse(use, { ...subject, outcome: "issued", ...inMinuteOf(system.now()) });
    },
    used: (use) => writer.noteUse(use),
    exercised: (exercise) => writer.addExercise(exercise),
    refused({ tenantId, clientId = "", credentialId = "" }, cause) {
      totals.refused.set(cause, (totals.refused.get(cause) ?? 0) + 1);
      const subject = { tenantId, clientId, credentialId };
      writer.addCount({ ...subject, outcome: cause, ...inMinuteOf(system.now()) });
    },
    seenFromBrowser(use, origin) {
      writer.addFinding(findingOf(use, "secret_from_browser", origin, system.now()));
    },
    signedForOldVerifiers(use, audience) {
      writer.addFinding(findingOf(use, "old_algorithm", audience, system.now()));
    },
    totals: () => totals,
    flush,
    async stop() {
      clearInterval(timer);
      isLast = true;
      await flush();
      if (outcome === "written") await store.endUsage({ processId });
    },
  };
}

const inMinuteOf = (atMs: number) => ({
  spanMs: minuteMs,
  startMs: atMs - (atMs % minuteMs),
  count: 1,
});

const findingOf = (
  { tenantId, clientId }: Pick<Use, "tenantId" | "clientId">,
  kind: string,
  origin: string,
  atMs: number,
): FindingRecord => ({
  tenantId,
  clientId,
  kind,
  origin: origin.slice(0, originCharactersMax),
  count: 1,
  firstSeenAtMs: atMs,
  lastSeenAtMs: atMs,
});
