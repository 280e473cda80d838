import type { ReactNode } from "react";
import css from "./parts.module.css";

/** What is known of something, each with its name above it. */
export const Facts = ({ children }: { children: ReactNode }) => (
  <dl className={css["facts"]}>{children}</dl>
);

export const Fact = ({ label, children }: { label: string; children: ReactNode }) => (
  <div>
    <dt>{label}</dt>
    <dd>{children}</dd>
  </div>
);
