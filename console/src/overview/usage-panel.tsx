import type { Usage } from "@countersign/protocol/admin/usage.ts";
import { SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { read } from "../api/request.ts";
import { Panel } from "../parts/panel.tsx";
import { Pending } from "../parts/pending.tsx";
import css from "./overview.module.css";
import { UsageChart, type Point } from "./usage-chart.tsx";

/** How many tokens were issued and refused: all, or those of one client. */

const hourMs = 3_600_000;
const spans = {
  "24h": { label: "24 hours", stepMs: hourMs, count: 24, resolution: "hour" },
  "7d": { label: "7 days", stepMs: hourMs * 3, count: 56, resolution: "hour" },
  "30d": { label: "30 days", stepMs: hourMs * 24, count: 30, resolution: "day" },
} as const;
type Span = keyof typeof spans;

export function UsagePanel({ clientId, title }: { clientId?: string; title: string }) {
  const [span, setSpan] = useState<Span>("24h");
  const { stepMs, count, resolution } = spans[span];
  const query = useQuery({
    queryKey: ["/v2/usage", "time", clientId, span],
    queryFn: (context) => {
      const startMs = firstStep(Date.now(), stepMs, count);
      const since = new Date(startMs).toISOString();
      const asked = { since, client_id: clientId, resolution, group_by: "time" };
      return read<Usage>("/v2/usage", asked)(context);
    },
    refetchInterval: 5_000,
  });
  const { data } = query;
  return (
    <Panel
      title={title}
      actions={
        <SegmentedControl
          size="xs"
          aria-label="Span"
          data={Object.entries(spans).map(([value, { label }]) => ({ value, label }))}
          value={span}
          onChange={(value) => setSpan(value as Span)}
        />
      }
    >
      {data === undefined ? (
        <Pending query={query} height={262} />
      ) : (
        <>
          <div className={css["totals"]}>
            <Total label="Issued" count={data.issued} color="issued" />
            <Total label="Refused" count={data.refused} color="refused" />
          </div>
          <UsageChart points={pointsOf(data, stepMs, count)} isDaily={stepMs >= hourMs * 24} />
          {data.gaps.length > 0 && (
            <p className={css["gap"]}>
              In parts of this span nobody counted, as after a crash: the numbers may be too low.
            </p>
          )}
        </>
      )}
    </Panel>
  );
}

const Total = ({ label, count, color }: { label: string; count: number; color: string }) => (
  <div className={css["total"]}>
    <span className={css["totalLabel"]}>
      <i data-color={color} aria-hidden="true" />
      {label}
    </span>
    <span className={css["totalCount"]}>{count.toLocaleString()}</span>
  </div>
);

/** Steps are cut as the server cuts them, from the epoch on. */
const firstStep = (nowMs: number, stepMs: number, count: number): number =>
  nowMs - (nowMs % stepMs) - (count - 1) * stepMs;

/** One point for each step, also where nothing happened. */
function pointsOf({ groups, until }: Usage, stepMs: number, count: number): Point[] {
  const startMs = firstStep(Date.parse(until) - 1, stepMs, count);
  const points = Array.from({ length: count }, (_, index) => ({
    atMs: startMs + index * stepMs,
    issued: 0,
    refused: 0,
  }));
  for (const { at = "", issued, refused } of groups) {
    const point = points[Math.floor((Date.parse(at) - startMs) / stepMs)];
    if (point === undefined) continue;
    point.issued += issued;
    point.refused += refused;
  }
  return points;
}
