import type { Page } from "playwright-core";
import { get, getToken, makeClient, patch, post, reportLeak } from "./calls.ts";
import { receiverAllowed, startReceiver } from "./receiver.ts";

/** An account in which something happened, and every page that shows it. */

/** What the server is told so that it can be furnished. */
export const furnishable = receiverAllowed;

export interface Furnished {
  clientId: string;
  apiId: string;
  leakId: string;
  datasourceId: string;
  connectionId: string;
  webhookId: string;
}

export async function furnish(page: Page, server: { url: string }): Promise<Furnished> {
  const role = { name: "librarian", description: "Looks after the books" };
  await post(page, "/v2/roles", { ...role, permissions: ["corpora:read", "documents:read"] });
  await post(page, "/v2/users", {
    email: "ann@example.com",
    name: "Ann",
    api_roles: ["administrator"],
    corpus_roles: [{ corpus_key: "books", role: "editor" }],
  });
  const api_roles = ["corpus_administrator", "viewer", "agent_user"];
  const description = "Writes invoices to the ledger every night, and reads what came in by day";
  const client = await makeClient(page, { name: "Billing service", description, api_roles });
  await getToken(server, client.client_id, client.client_secret);
  await getToken(server, client.client_id, "cssk_wrong");
  const api = await post<{ id: string }>(page, "/v2/apis", {
    name: "Invoices",
    audience: "https://invoices.example.com",
    permissions: [
      { name: "invoices:read", description: "List and read invoices" },
      { name: "invoices:write", description: "Make and change invoices" },
    ],
  });
  await reportLeak(page, client.client_secret, "https://code.example.com/billing/blob/main/.env");
  const leakId = await page.evaluate(async () => {
    const { leaks } = (await (await fetch("/v2/leaks")).json()) as { leaks: { id: string }[] };
    return leaks[0]!.id;
  });
  return { clientId: client.id, apiId: api.id, leakId, ...(await furnishOutside(page)) };
}

/** Told what happens to a connection; one event did not arrive yet, and one failed for good. */
async function furnishWebhooks(page: Page, connection: () => Promise<{ id: string }>) {
  const receiver = await startReceiver();
  receiver.answer = ({ type }) => answers[type] ?? 200;
  const description = "Opens a ticket for whoever owns the integration";
  const body = { url: receiver.url, description };
  const webhook = await post<{ id: string }>(page, "/v2/webhooks", body);
  const at = `/v2/webhooks/${webhook.id}`;
  const { id } = await connection();
  await patch(page, `/v2/connections/${id}`, { enabled: false });
  await patch(page, `/v2/connections/${id}`, { enabled: true });
  const told = async (count: number): Promise<void> => {
    while (receiver.received.length < count) await page.waitForTimeout(50);
  };
  await told(2);
  await post(page, `${at}/test`, {});
  while ((await get<{ enabled: boolean }>(page, at)).enabled) await page.waitForTimeout(50);
  await receiver.stop();
  const url = "https://hooks.example.com/countersign";
  const events = ["connection.reconnect_required", "connection.reconnect_soon"];
  await patch(page, at, { url, events, enabled: true });
  await post(page, "/v2/webhooks", { url: "https://status.example.com/events", enabled: false });
  return webhook.id;
}

const answers: Readonly<Record<string, number>> = {
  "webhook.test": 410,
  "connection.disabled": 503,
};

async function furnishOutside(page: Page) {
  const datasource = await post<{ id: string }>(page, "/v2/datasources", {
    name: "Google Calendar",
    profile: "google",
    base_url: "https://www.googleapis.com/calendar/v3",
    client_id: "4711-calendar.apps.googleusercontent.com",
    client_secret: "a secret of the provider",
    scopes: "calendar.readonly, calendar.events",
  });
  const connections = `/v2/datasources/${datasource.id}/connections`;
  const webhookId = await furnishWebhooks(page, () =>
    post(page, connections, { owner: "ann@example.com", refresh_token: "brought-along" }),
  );
  const connection = await post<{ id: string }>(page, connections, {});
  return { datasourceId: datasource.id, connectionId: connection.id, webhookId };
}

/** Each with a text that is there once the page is. */
export const pagesOf = (furnished: Furnished): readonly ShownPage[] => {
  const { clientId, apiId, leakId, datasourceId, connectionId, webhookId } = furnished;
  const client = `/apiAccess/appClients/${clientId}`;
  return [
    { name: "overview", path: "", landmark: "Who calls" },
    { name: "unused-clients", path: "/unusedClients", landmark: "Nothing to clear up" },
    { name: "app-clients", path: "/apiAccess/appClients", landmark: "Billing service" },
    {
      name: "create-app-client",
      path: "/apiAccess/appClients?create",
      landmark: "Roles on single corpora",
    },
    { name: "app-client", path: `${client}/overview`, landmark: "About this client" },
    { name: "credentials", path: `${client}/credentials`, landmark: "Rotate the secret" },
    { name: "examples", path: `${client}/examples`, landmark: "Copy code" },
    { name: "settings", path: `${client}/settings`, landmark: "Tokens live for" },
    { name: "api-keys", path: "/apiAccess/apiKeys", landmark: "No API keys" },
    { name: "roles", path: "/roles", landmark: "Corpus developer" },
    { name: "built-in-role", path: "/roles/viewer", landmark: "The whole account" },
    { name: "own-role", path: "/roles/librarian", landmark: "Review and save" },
    { name: "api", path: `/apis/${apiId}`, landmark: "Introspection" },
    { name: "datasources", path: "/datasources", landmark: "Google Calendar" },
    { name: "create-datasource", path: "/datasources/new", landmark: "Add Access Token To" },
    { name: "connections", path: `/datasources/${datasourceId}`, landmark: "ann@example.com" },
    {
      name: "datasource-settings",
      path: `/datasources/${datasourceId}/settings`,
      landmark: "Add Access Token To",
    },
    { name: "connection", path: `/connections/${connectionId}`, landmark: "Try a request" },
    { name: "webhooks", path: "/webhooks", landmark: "hooks.example.com" },
    { name: "create-webhook", path: "/webhooks?create", landmark: "Also those that are added" },
    { name: "webhook", path: `/webhooks/${webhookId}`, landmark: "Send again" },
    { name: "team", path: "/team", landmark: "ann@example.com" },
    { name: "audit", path: "/audit", landmark: "App client created" },
    { name: "verify-audit", path: "/audit?verify", landmark: "Or the head that was kept" },
    { name: "refusals", path: "/refusals", landmark: "Wrong secret" },
    { name: "leaks", path: "/leaks", landmark: "Client secret" },
    { name: "leak", path: `/leaks/${leakId}`, landmark: "Where it was seen" },
    { name: "signing-keys", path: "/signingKeys", landmark: "Current" },
    { name: "nowhere", path: "/nowhere", landmark: "There is no such page" },
  ];
};

export interface ShownPage {
  name: string;
  /** Below `/console`. */
  path: string;
  landmark: string;
}

export async function open(page: Page, { path, landmark }: ShownPage): Promise<void> {
  await page.goto(`/console${path}`);
  await page.getByText(landmark).first().waitFor();
}
