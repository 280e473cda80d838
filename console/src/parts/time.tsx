import { Tooltip } from "@mantine/core";
import { useSyncExternalStore } from "react";

/** Times as people say them, in the zone of the browser, which the shell names. */

const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone;
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

export function timeZoneInWords(): string {
  const parts = new Intl.DateTimeFormat("en", { timeZoneName: "shortOffset" }).formatToParts();
  const offset = parts.find(({ type }) => type === "timeZoneName")?.value ?? "";
  const name = zone.replaceAll("_", " ");
  return name === "UTC" || offset === "" ? name : `${name} (${offset})`;
}

export const exactTime = (at: string): string => exact.format(new Date(at));

const steps = [
  ["second", 60_000, 1_000],
  ["minute", 3_600_000, 60_000],
  ["hour", 86_400_000, 3_600_000],
  ["day", 30 * 86_400_000, 86_400_000],
] as const;

/** Steps that people notice. */
const stepMs = 10_000;

export function relativeTime(at: string, nowMs: number, nearby = "just now"): string {
  const ms = new Date(at).getTime() - nowMs;
  // The page's clock goes in steps: what seems to come within one may have been.
  if (Math.abs(ms) < stepMs) return nearby;
  for (const [unit, below, size] of steps) {
    if (Math.abs(ms) < below) return relative.format(Math.round(ms / size), unit);
  }
  return day.format(new Date(at));
}

interface AgoOptions {
  at: string | undefined;
  never?: string;
  /** For a time within seconds of now. */
  nearby?: string;
}

/** How long ago, and on request exactly when. */
export function Ago({ at, never = "Never", nearby }: AgoOptions) {
  const nowMs = useNow();
  if (at === undefined) return <span className="muted">{never}</span>;
  return (
    <Tooltip label={exactTime(at)}>
      <time dateTime={at} className="numbers">
        {relativeTime(at, nowMs, nearby)}
      </time>
    </Tooltip>
  );
}

export const Exactly = ({ at }: { at: string }) => (
  <time dateTime={at} className="numbers">
    {exactTime(at)}
  </time>
);

/** One clock for all times of a page. */
const useNow = (): number =>
  useSyncExternalStore(
    (changed) => {
      const timer = setInterval(changed, stepMs);
      return () => clearInterval(timer);
    },
    () => Math.floor(Date.now() / stepMs) * stepMs,
  );
