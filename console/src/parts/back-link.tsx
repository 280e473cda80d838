import type { ReactNode } from "react";
import { Link } from "react-router";
import { Icon } from "./icon.tsx";
import css from "./parts.module.css";

/** From the page of one thing to the list that it stands in. */
export const BackLink = ({ to, children }: { to: string; children: ReactNode }) => (
  <Link className={css["back"]} to={to}>
    <Icon name="left" size={16} /> {children}
  </Link>
);
