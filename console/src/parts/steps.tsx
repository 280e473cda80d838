import type { ReactNode } from "react";
import { Icon } from "./icon.tsx";
import css from "./parts.module.css";

/** Steps that are taken one after another: those behind, the present one, and what comes. */

export interface Step {
  title: string;
  body: ReactNode;
}

export const Steps = ({ steps, at }: { steps: readonly Step[]; at: number }) => (
  <ol className={css["steps"]}>
    {steps.map(({ title, body }, index) => (
      <li
        key={title}
        data-done={index < at || undefined}
        {...(index === at ? { "aria-current": "step" as const } : {})}
      >
        <span className={css["stepMark"]} aria-hidden="true">
          {index < at ? <Icon name="check" size={16} /> : index + 1}
        </span>
        <div className={css["step"]}>
          <h3>
            {title}
            {index < at && <span className="for-listeners"> (done)</span>}
          </h3>
          {body}
        </div>
      </li>
    ))}
  </ol>
);
