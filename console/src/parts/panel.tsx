import { Title } from "@mantine/core";
import { useId, type ReactNode } from "react";
import css from "./parts.module.css";

/** A sheet with a heading. `isFlush` lets a table reach its edges. */
export function Panel({
  title,
  hint,
  actions,
  isFlush = false,
  children,
}: {
  title?: string;
  hint?: ReactNode;
  actions?: ReactNode;
  isFlush?: boolean;
  children: ReactNode;
}) {
  const id = useId();
  return (
    <section
      className={css["panel"]}
      {...(title === undefined ? {} : { "aria-labelledby": id })}
      data-flush={isFlush || undefined}
    >
      {(title !== undefined || actions !== undefined) && (
        <div className={css["panelHead"]}>
          <div>
            {title !== undefined && (
              <Title order={2} id={id}>
                {title}
              </Title>
            )}
            {hint !== undefined && <p className={css["hint"]}>{hint}</p>}
          </div>
          {actions}
        </div>
      )}
      <div className={css["panelBody"]}>{children}</div>
    </section>
  );
}
