import type { ReactNode } from "react";
import { Link } from "react-router";
import css from "./parts.module.css";

/** What a row is about, with the way to its page, and below it in a few words what it is. */
export const RowName = ({
  to,
  about = "",
  children,
}: {
  to: string;
  about?: string | undefined;
  children: ReactNode;
}) => (
  <>
    <Link className={css["name"]} to={to}>
      {children}
    </Link>
    {about !== "" && <span className={css["about"]}>{about}</span>}
  </>
);
