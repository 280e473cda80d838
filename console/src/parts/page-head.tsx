import { Title } from "@mantine/core";
import { useEffect, type ReactNode } from "react";
import css from "./parts.module.css";

/** What a page is about, in one line, and what can be done there. */
export function PageHead({
  title,
  lead,
  actions,
  above,
}: {
  title: string;
  lead?: ReactNode;
  actions?: ReactNode;
  above?: ReactNode;
}) {
  useEffect(() => {
    document.title = `${title} – Countersign`;
  }, [title]);
  return (
    <header className={css["head"]}>
      <div className={css["headline"]}>
        {above}
        <Title order={1}>{title}</Title>
        {lead !== undefined && <p className={css["lead"]}>{lead}</p>}
      </div>
      {actions !== undefined && <div className={css["actions"]}>{actions}</div>}
    </header>
  );
}

/** A lead that is made of pieces. */
export const TitleLine = ({ children }: { children: ReactNode }) => (
  <span className={css["titleLine"]}>{children}</span>
);
