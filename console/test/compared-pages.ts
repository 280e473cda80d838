import type { Act } from "./colleague.ts";
import type { Furnished } from "./furnished.ts";

/** Every page of the console: what an owner has there, and what the server refuses a viewer. */

export interface ComparedPage {
  /** Below `/console`. */
  path: string;
  /** What the owner has there, by role and name. */
  controls: readonly (readonly ["button" | "link" | "tab" | "menuitem" | "combobox", string])[];
  /** Opens what some of the controls are in. */
  menu?: string;
  /** What they do, or read, which the server refuses a viewer. */
  acts: readonly Act[];
  permission: string;
}

export const comparedPages = (made: Furnished): readonly ComparedPage[] => {
  const { clientId, apiId, leakId, datasourceId, connectionId, webhookId } = made;
  const client = `/v2/app_clients/${clientId}`;
  const clientPage = `/apiAccess/appClients/${clientId}`;
  const datasource = `/v2/datasources/${datasourceId}`;
  const connection = `/v2/connections/${connectionId}`;
  const webhook = `/v2/webhooks/${webhookId}`;
  return [
    {
      path: "",
      controls: [["link", "Create app client"]],
      acts: [{ method: "GET", path: "/v2/usage" }],
      permission: "usage:read",
    },
    {
      path: "/apiAccess/appClients",
      menu: "Actions for Billing service",
      controls: [
        ["button", "Create app client"],
        ["menuitem", "Copy secret"],
        ["menuitem", "Edit"],
        ["menuitem", "Rotate secret"],
        ["menuitem", "Disable"],
        ["menuitem", "Delete"],
      ],
      acts: [
        {
          method: "POST",
          path: "/v2/app_clients",
          body: { name: "x", type: "client_credentials" },
        },
        { method: "PATCH", path: client, body: { enabled: false } },
        { method: "DELETE", path: client },
      ],
      permission: "app_clients:read",
    },
    {
      path: "/apiAccess/appClients?create",
      controls: [["button", "Cancel"]],
      acts: [],
      permission: "app_clients:read",
    },
    {
      path: `${clientPage}/overview`,
      controls: [
        ["button", "Actions"],
        ["tab", "Settings"],
      ],
      acts: [{ method: "GET", path: client }],
      permission: "app_clients:read",
    },
    {
      path: `${clientPage}/credentials`,
      controls: [["button", "Start: add a secret"]],
      acts: [
        { method: "POST", path: `${client}/credentials`, body: {} },
        { method: "GET", path: `${client}/credentials` },
      ],
      permission: "app_clients:read",
    },
    {
      path: `${clientPage}/examples`,
      controls: [["button", "Fill in the secret"]],
      acts: [{ method: "GET", path: `${client}/credentials` }],
      permission: "app_clients:read",
    },
    {
      path: `${clientPage}/settings`,
      controls: [["button", "Save"]],
      acts: [{ method: "PATCH", path: client, body: { api_roles: ["owner"] } }],
      permission: "app_clients:read",
    },
    {
      path: "/roles",
      controls: [
        ["button", "Create role"],
        ["button", "Register API"],
        ["button", "Explain"],
      ],
      acts: [
        { method: "POST", path: "/v2/roles", body: { name: "mine", permissions: [] } },
        {
          method: "POST",
          path: "/v2/apis",
          body: { name: "x", audience: "https://x.example.com", permissions: [] },
        },
      ],
      permission: "roles:read",
    },
    {
      path: "/roles/librarian",
      controls: [
        ["button", "Make one like it"],
        ["button", "Delete"],
        ["button", "Review and save"],
      ],
      acts: [
        { method: "PATCH", path: "/v2/roles/librarian", body: { permissions: ["roles:write"] } },
        { method: "DELETE", path: "/v2/roles/librarian" },
      ],
      permission: "roles:read",
    },
    {
      path: `/apis/${apiId}`,
      controls: [
        ["button", "Delete"],
        ["button", "Rotate"],
        ["button", "Save"],
      ],
      acts: [
        { method: "DELETE", path: `/v2/apis/${apiId}` },
        { method: "POST", path: `/v2/apis/${apiId}/verifier_credential/rotate`, body: {} },
      ],
      permission: "apis:read",
    },
    {
      path: "/datasources",
      controls: [
        ["link", "Create datasource"],
        ["button", "Import"],
      ],
      acts: [
        { method: "GET", path: "/v2/datasources" },
        {
          method: "POST",
          path: "/v2/datasources/import",
          body: { from: "appsmith", document: [] },
        },
      ],
      permission: "datasources:read",
    },
    {
      path: "/datasources/new",
      controls: [
        ["button", "Create"],
        ["button", "Check these settings"],
      ],
      acts: [
        {
          method: "POST",
          path: "/v2/datasources",
          body: { name: "x", base_url: "https://x.example.com", client_id: "x" },
        },
      ],
      permission: "datasources:read",
    },
    {
      path: `/datasources/${datasourceId}`,
      controls: [
        ["button", "Connect"],
        ["link", "Export"],
        ["button", "Delete"],
        ["tab", "Settings"],
      ],
      acts: [
        { method: "POST", path: `${datasource}/connections`, body: {} },
        { method: "GET", path: `${datasource}/export` },
        { method: "DELETE", path: datasource },
      ],
      permission: "datasources:read",
    },
    {
      path: `/connections/${connectionId}`,
      controls: [
        ["button", "Actions"],
        ["button", "Send"],
      ],
      acts: [
        { method: "POST", path: `${connection}/refresh` },
        { method: "GET", path: `${connection}/token` },
        { method: "GET", path: `${connection}/proxy/things` },
        { method: "DELETE", path: connection },
      ],
      permission: "connections:read",
    },
    {
      path: "/unusedClients",
      controls: [["combobox", "Unused for"]],
      acts: [{ method: "GET", path: "/v2/usage/unused_clients" }],
      permission: "usage:read",
    },
    {
      path: "/webhooks",
      menu: "Actions for https://hooks.example.com/countersign",
      controls: [
        ["button", "Create webhook"],
        ["menuitem", "Send test event"],
        ["menuitem", "Edit"],
        ["menuitem", "Rotate secret"],
        ["menuitem", "Disable"],
        ["menuitem", "Delete"],
      ],
      acts: [
        { method: "GET", path: "/v2/webhooks" },
        { method: "POST", path: "/v2/webhooks", body: { url: "https://x.example.com" } },
      ],
      permission: "webhooks:read",
    },
    {
      path: "/webhooks?create",
      controls: [["button", "Cancel"]],
      acts: [],
      permission: "webhooks:read",
    },
    {
      path: `/webhooks/${webhookId}`,
      controls: [
        ["button", "Send test event"],
        ["button", "Actions"],
        ["button", "Send again"],
      ],
      acts: [
        { method: "GET", path: webhook },
        { method: "PATCH", path: webhook, body: { enabled: false } },
        { method: "POST", path: `${webhook}/test` },
        { method: "POST", path: `${webhook}/rotate_secret` },
        { method: "GET", path: `${webhook}/deliveries` },
        { method: "POST", path: `${webhook}/deliveries/evt_x/replay` },
        { method: "DELETE", path: webhook },
      ],
      permission: "webhooks:read",
    },
    {
      path: "/team",
      menu: "Actions for ann@example.com",
      controls: [
        ["button", "Invite"],
        ["menuitem", "Edit"],
        ["menuitem", "New sign-in link"],
        ["menuitem", "Make owner"],
        ["menuitem", "Disable"],
        ["menuitem", "Delete"],
      ],
      acts: [
        { method: "GET", path: "/v2/users" },
        { method: "POST", path: "/v2/users", body: { email: "x@example.com" } },
        { method: "PATCH", path: "/v2/users/ann@example.com", body: { enabled: false } },
        { method: "DELETE", path: "/v2/users/ann@example.com" },
      ],
      permission: "users:list",
    },
    {
      path: "/audit",
      controls: [
        ["link", "Export"],
        ["button", "Verify"],
      ],
      acts: [
        { method: "GET", path: "/v2/audit_events" },
        { method: "GET", path: "/v2/audit_events/export" },
      ],
      permission: "audit_events:read",
    },
    {
      path: "/audit?verify",
      controls: [["button", "Start"]],
      acts: [{ method: "GET", path: "/v2/audit_events/export" }],
      permission: "audit_events:read",
    },
    {
      path: "/refusals",
      controls: [["button", "Look up"]],
      acts: [{ method: "GET", path: "/v2/refusals" }],
      permission: "refusals:read",
    },
    {
      path: "/leaks",
      controls: [["combobox", "Status"]],
      acts: [{ method: "GET", path: "/v2/leaks" }],
      permission: "leaks:read",
    },
    {
      path: `/leaks/${leakId}`,
      controls: [["button", "Mark as resolved"]],
      acts: [{ method: "PATCH", path: `/v2/leaks/${leakId}`, body: { status: "resolved" } }],
      permission: "leaks:read",
    },
    {
      path: "/signingKeys",
      controls: [["button", "Rotate now"]],
      acts: [{ method: "POST", path: "/v2/signing_keys/rotate", body: {} }],
      permission: "signing_keys:read",
    },
  ];
};
