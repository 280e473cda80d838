import type { BuiltInPermission } from "@countersign/protocol/permissions.ts";
import { Outlet, useLocation } from "react-router";
import { useMay } from "../api/session.ts";
import { Empty } from "../parts/empty.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Panel } from "../parts/panel.tsx";

/**
 * The page at an address, or why it is not for whoever opened it. Without this a link that somebody
 * sent would show a frame full of buttons, each of which the server refuses.
 */

interface Guard {
  path: string;
  title: string;
  /** Any of these. */
  needs: readonly BuiltInPermission[];
}

const guards: readonly Guard[] = [
  { path: "/apiAccess/appClients", title: "App clients", needs: ["app_clients:read"] },
  { path: "/apiAccess/apiKeys", title: "API keys", needs: ["api_keys:read"] },
  { path: "/roles", title: "Roles and APIs", needs: ["roles:read", "apis:read"] },
  { path: "/apis", title: "API", needs: ["apis:read"] },
  { path: "/datasources", title: "Datasources", needs: ["datasources:read"] },
  { path: "/connections", title: "Connection", needs: ["connections:read"] },
  { path: "/webhooks", title: "Webhooks", needs: ["webhooks:read"] },
  { path: "/unusedClients", title: "Unused app clients", needs: ["usage:read"] },
  { path: "/team", title: "Team", needs: ["users:list"] },
  { path: "/audit", title: "Audit log", needs: ["audit_events:read"] },
  { path: "/refusals", title: "Refusals", needs: ["refusals:read"] },
  { path: "/leaks", title: "Leaks", needs: ["leaks:read"] },
  { path: "/signingKeys", title: "Signing keys", needs: ["signing_keys:read"] },
];

export function PermittedPage() {
  const may = useMay();
  const { pathname } = useLocation();
  const guard = guards.find(({ path }) => pathname === path || pathname.startsWith(`${path}/`));
  if (guard === undefined || guard.needs.some(may)) return <Outlet />;
  return (
    <>
      <PageHead title={guard.title} />
      <Panel>
        <Empty icon="access" title="Your role does not show this">
          To see this page one needs the permission{" "}
          {guard.needs.map((permission, index) => (
            <span key={permission}>
              {index > 0 && " or "}
              <code>{permission}</code>
            </span>
          ))}
          . Somebody who manages your team can give you a role that has it.
        </Empty>
      </Panel>
    </>
  );
}
