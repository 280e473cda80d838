import { useId, useState } from "react";
import css from "./overview.module.css";

/** Tokens issued and refused over time, as stacked columns; the same in words for who listens. */

export interface Point {
  atMs: number;
  issued: number;
  refused: number;
}

const height = 180;
const width = 900;
const exact = (atMs: number, isDaily: boolean): string =>
  new Intl.DateTimeFormat(undefined, {
    month: "short",
    day: "numeric",
    ...(isDaily ? {} : { hour: "2-digit", minute: "2-digit" }),
  }).format(atMs);

export function UsageChart({ points, isDaily }: { points: readonly Point[]; isDaily: boolean }) {
  const [over, setOver] = useState<number>();
  const id = useId();
  const top = niceTop(Math.max(1, ...points.map(({ issued, refused }) => issued + refused)));
  const step = width / points.length;
  const gap = Math.min(3, step * 0.25);
  const y = (count: number): number => (count / top) * height;
  const shown = over === undefined ? undefined : points[over];
  return (
    <figure className={css["chart"]} aria-labelledby={id}>
      <figcaption id={id} className="for-listeners">
        {points.reduce((sum, { issued }) => sum + issued, 0)} tokens issued and{" "}
        {points.reduce((sum, { refused }) => sum + refused, 0)} requests refused, by{" "}
        {isDaily ? "day" : "hour"}
      </figcaption>
      <div className={css["plot"]}>
        <div className={css["scale"]} aria-hidden="true">
          {[top, top / 2, 0].map((value) => (
            <span key={value}>{compact(value)}</span>
          ))}
        </div>
        <div className={css["columns"]} onMouseLeave={() => setOver(undefined)}>
          <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
            {[0, 0.5, 1].map((part) => (
              <line
                key={part}
                className={css["rule"]}
                x1="0"
                x2={width}
                y1={height * part}
                y2={height * part}
              />
            ))}
            {points.map(({ atMs, issued, refused }, index) => (
              <g
                key={atMs}
                onMouseEnter={() => setOver(index)}
                data-over={index === over || undefined}
              >
                <rect className={css["hit"]} x={index * step} y={0} width={step} height={height} />
                <rect
                  className={css["issued"]}
                  x={index * step + gap / 2}
                  y={height - y(issued)}
                  width={step - gap}
                  height={y(issued)}
                />
                <rect
                  className={css["refused"]}
                  x={index * step + gap / 2}
                  y={height - y(issued + refused)}
                  width={step - gap}
                  height={y(refused)}
                />
              </g>
            ))}
          </svg>
          {shown !== undefined && over !== undefined && (
            <div
              className={css["bubble"]}
              style={{
                left: `${Math.min(88, Math.max(12, ((over + 0.5) / points.length) * 100))}%`,
              }}
            >
              <strong>{exact(shown.atMs, isDaily)}</strong>
              <span>{shown.issued.toLocaleString()} issued</span>
              <span>{shown.refused.toLocaleString()} refused</span>
            </div>
          )}
        </div>
      </div>
      <div className={css["axis"]} aria-hidden="true">
        <span>{exact(points[0]?.atMs ?? 0, isDaily)}</span>
        <span>{exact(points.at(-1)?.atMs ?? 0, isDaily)}</span>
      </div>
    </figure>
  );
}

const compact = (value: number): string =>
  new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 }).format(value);

/** The next number that reads well: 2, 4, 10, 20, 40, 100 … */
function niceTop(value: number): number {
  const size = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 4, 10].map((one) => one * size).find((one) => one >= value && one >= 2) ?? value;
}
