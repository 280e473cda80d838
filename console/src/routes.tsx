import { createBrowserRouter } from "react-router";
import { PageFailed, PageLoading, PageNotFound } from "./shell/page-states.tsx";
import { Shell } from "./shell/shell.tsx";

/** The pages and their addresses; each is loaded when it is first opened. */

export const router = createBrowserRouter(
  [
    {
      path: "/",
      Component: Shell,
      ErrorBoundary: PageFailed,
      HydrateFallback: PageLoading,
      children: [
        {
          ErrorBoundary: PageFailed,
          children: [
            {
              index: true,
              lazy: async () => ({
                Component: (await import("./overview/overview-page.tsx")).OverviewPage,
              }),
            },
            {
              path: "unusedClients",
              lazy: async () => ({
                Component: (await import("./overview/unused-clients-page.tsx")).UnusedClientsPage,
              }),
            },
            {
              path: "apiAccess",
              lazy: async () => ({
                Component: (await import("./app-clients/first-access-tab.tsx")).FirstAccessTab,
              }),
            },
            {
              path: "apiAccess/appClients",
              lazy: async () => ({
                Component: (await import("./app-clients/app-clients-page.tsx")).AppClientsPage,
              }),
            },
            {
              path: "apiAccess/appClients/:id/:tab?",
              lazy: async () => ({
                Component: (await import("./app-clients/app-client-page.tsx")).AppClientPage,
              }),
            },
            {
              path: "apiAccess/apiKeys",
              lazy: async () => ({
                Component: (await import("./api-keys/api-keys-page.tsx")).ApiKeysPage,
              }),
            },
            {
              path: "roles",
              lazy: async () => ({
                Component: (await import("./roles/roles-page.tsx")).RolesPage,
              }),
            },
            {
              path: "roles/:name",
              lazy: async () => ({
                Component: (await import("./roles/role-page.tsx")).RolePage,
              }),
            },
            {
              path: "apis/:id",
              lazy: async () => ({
                Component: (await import("./apis/api-page.tsx")).ApiPage,
              }),
            },
            {
              path: "team",
              lazy: async () => ({
                Component: (await import("./team/team-page.tsx")).TeamPage,
              }),
            },
            {
              path: "datasources",
              lazy: async () => ({
                Component: (await import("./datasources/datasources-page.tsx")).DatasourcesPage,
              }),
            },
            {
              path: "datasources/new",
              lazy: async () => ({
                Component: (await import("./datasources/new-datasource-page.tsx"))
                  .NewDatasourcePage,
              }),
            },
            {
              path: "datasources/:id/:tab?",
              lazy: async () => ({
                Component: (await import("./datasources/datasource-page.tsx")).DatasourcePage,
              }),
            },
            {
              path: "connections/:id",
              lazy: async () => ({
                Component: (await import("./connections/connection-page.tsx")).ConnectionPage,
              }),
            },
            {
              path: "webhooks",
              lazy: async () => ({
                Component: (await import("./webhooks/webhooks-page.tsx")).WebhooksPage,
              }),
            },
            {
              path: "webhooks/:id",
              lazy: async () => ({
                Component: (await import("./webhooks/webhook-page.tsx")).WebhookPage,
              }),
            },
            {
              path: "leaks",
              lazy: async () => ({
                Component: (await import("./leaks/leaks-page.tsx")).LeaksPage,
              }),
            },
            {
              path: "leaks/:id",
              lazy: async () => ({
                Component: (await import("./leaks/leak-page.tsx")).LeakPage,
              }),
            },
            {
              path: "audit",
              lazy: async () => ({
                Component: (await import("./audit/audit-page.tsx")).AuditPage,
              }),
            },
            {
              path: "refusals/:requestId?",
              lazy: async () => ({
                Component: (await import("./refusals/refusals-page.tsx")).RefusalsPage,
              }),
            },
            {
              path: "signingKeys",
              lazy: async () => ({
                Component: (await import("./signing-keys/signing-keys-page.tsx")).SigningKeysPage,
              }),
            },
            { path: "*", Component: PageNotFound },
          ],
        },
      ],
    },
  ],
  { basename: "/console" },
);
