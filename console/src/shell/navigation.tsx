import type { BuiltInPermission } from "@countersign/protocol/permissions.ts";
import { NavLink as Item } from "@mantine/core";
import { NavLink, useLocation } from "react-router";
import { useMay } from "../api/session.ts";
import { Icon, type IconName } from "../parts/icon.tsx";
import css from "./shell.module.css";

/** The pages, for who may see what is on them. */

interface Place {
  to: string;
  label: string;
  icon: IconName;
  /** Any of these. */
  needs: readonly BuiltInPermission[];
}

const places: readonly Place[] = [
  { to: "/", label: "Overview", icon: "overview", needs: ["usage:read"] },
  {
    to: "/apiAccess",
    label: "API access",
    icon: "access",
    needs: ["app_clients:read", "api_keys:read"],
  },
  { to: "/roles", label: "Roles and APIs", icon: "roles", needs: ["roles:read", "apis:read"] },
  { to: "/datasources", label: "Datasources", icon: "datasource", needs: ["datasources:read"] },
  { to: "/webhooks", label: "Webhooks", icon: "webhook", needs: ["webhooks:read"] },
  { to: "/team", label: "Team", icon: "person", needs: ["users:list"] },
  { to: "/audit", label: "Audit log", icon: "audit", needs: ["audit_events:read"] },
  { to: "/refusals", label: "Refusals", icon: "refusals", needs: ["refusals:read"] },
  { to: "/leaks", label: "Leaks", icon: "leak", needs: ["leaks:read"] },
  { to: "/signingKeys", label: "Signing keys", icon: "keys", needs: ["signing_keys:read"] },
];

/** Pages that are reached from another one, and belong to it. */
const below: Readonly<Record<string, readonly string[]>> = {
  "/": ["/unusedClients"],
  "/roles": ["/apis/"],
  "/datasources": ["/connections/"],
};

export function Navigation({ onLeave }: { onLeave: () => void }) {
  const may = useMay();
  const { pathname } = useLocation();
  const isAt = (to: string): boolean => {
    const isOwn = to === "/" ? pathname === "/" : pathname.startsWith(to);
    return isOwn || below[to]?.some((path) => pathname.startsWith(path)) === true;
  };
  return (
    <nav aria-label="Main">
      {places
        .filter(({ needs }) => needs.some(may))
        .map(({ to, label, icon }) => (
          <Item
            key={to}
            component={NavLink}
            to={to}
            label={label}
            leftSection={<Icon name={icon} />}
            active={isAt(to)}
            onClick={onLeave}
            className={css["place"]}
          />
        ))}
      {/* A page of its own, outside the console. */}
      <Item
        component="a"
        href="/reference"
        label="API reference"
        leftSection={<Icon name="reference" />}
        className={css["place"]}
      />
    </nav>
  );
}
