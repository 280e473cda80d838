import type { AuditHeadClaims } from "@countersign/protocol/audit-chain.ts";
import type { Jwk } from "@countersign/protocol/audit-head.ts";
import { verifyAuditExport, type AuditVerdict } from "@countersign/protocol/audit-verification.ts";
import { linesOf } from "@countersign/protocol/text-lines.ts";
import { useEffect, useRef, useState } from "react";
import { ApiProblem, request, stream } from "../api/request.ts";

/** Reads the whole audit log from the server and verifies it here, while the page stays in use. */

export type Verification =
  | { state: "ready" }
  | { state: "running"; events: number }
  | { state: "failed"; error: unknown }
  | { state: "done"; verdict: AuditVerdict; earlier: AuditHeadClaims | undefined };

export function useVerification() {
  const [verification, setVerification] = useState<Verification>({ state: "ready" });
  const running = useRef<AbortController>(undefined);
  useEffect(() => () => running.current?.abort(), []);

  async function start(earlier: AuditHeadClaims | undefined): Promise<void> {
    const controller = new AbortController();
    running.current = controller;
    const { signal } = controller;
    const show = (next: Verification): void => {
      if (!signal.aborted) setVerification(next);
    };
    show({ state: "running", events: 0 });
    try {
      const onProgress = (events: number) => show({ state: "running", events });
      const verdict = await verifyLog({ signal, earlier, onProgress });
      show({ state: "done", verdict, earlier });
    } catch (error) {
      show({ state: "failed", error });
    }
  }

  return {
    verification,
    start,
    /** Nothing once it has ended: an outcome that came just before the click stays. */
    cancel(): void {
      running.current?.abort();
      setVerification((now) => (now.state === "running" ? { state: "ready" } : now));
    },
  };
}

interface Run {
  signal: AbortSignal;
  earlier: AuditHeadClaims | undefined;
  onProgress(events: number): void;
}

async function verifyLog({ signal, earlier, onProgress }: Run): Promise<AuditVerdict> {
  const { keys } = await request<{ keys: Jwk[] }>("GET", "/oauth2/jwks", { signal });
  const draw = createDrawing(onProgress);
  return verifyAuditExport(linesOf(exported(signal)), keys, {
    earlier,
    async onProgress(events) {
      signal.throwIfAborted();
      await draw(events);
    },
  });
}

/** A refusal is told as the server says it; that the bytes ended early, in words of our own. */
async function* exported(signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    yield* stream("/v2/audit_events/export", signal);
  } catch (error) {
    if (error instanceof ApiProblem) throw error;
    throw new Error("The download broke off before its end, so nothing is known about the log.", {
      cause: error,
    });
  }
}

/** Longer than this nothing else waits. */
const turnMs = 12;
const showEveryMs = 200;

/** Lets the browser draw and listen in between, and tells how far it is, neither too often. */
function createDrawing(tell: (events: number) => void) {
  let turnedAt = performance.now();
  let toldAt = 0;
  return async (events: number): Promise<void> => {
    const now = performance.now();
    if (now - toldAt > showEveryMs) {
      tell(events);
      toldAt = now;
    }
    if (now - turnedAt < turnMs) return;
    await new Promise((resolve) => setTimeout(resolve, 0));
    turnedAt = performance.now();
  };
}
