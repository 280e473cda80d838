import assert from "node:assert/strict";
import type { WriteName } from "../../src/store/compose.ts";
import {
  basic,
  call,
  createAppClient,
  requestToken,
  secretOf,
  tokenFor,
  type Answer,
} from "../calls.ts";
import type { TestServer } from "../server.ts";
import { datasourceFaults } from "./datasource-faults.ts";
import { factorFaults } from "./factor-faults.ts";
import { webhookFaults } from "./webhook-faults.ts";
import { createVisitor } from "../visitor.ts";

/** For every write that somebody can ask for over HTTP: a request that needs it. */

export interface ReadCase {
  act: string;
  /** Makes what the request is about, and answers the request. */
  prepare(server: TestServer, own: string): Promise<() => Promise<Answer>>;
}

export interface FaultCase extends ReadCase {
  write: WriteName;
  /** Where it shows that the request was granted. */
  table: string;
}

type Prepare = FaultCase["prepare"];

function fault(write: WriteName, table: string, act: string, prepare: Prepare): FaultCase {
  return { write, table, act, prepare };
}

/** One call of the admin API, about something that `make` has made. */
function asking(
  method: string,
  path: string | ((made: Record<string, unknown>) => string),
  body?: object | ((own: string) => object),
  make?: (server: TestServer, own: string) => Promise<Record<string, unknown>>,
): Prepare {
  return async (server, own) => {
    const made = (await make?.(server, own)) ?? {};
    const at = typeof path === "string" ? path : path(made);
    const sent = typeof body === "function" ? body(own) : body;
    return () => call(server, method, at, sent === undefined ? {} : { body: sent });
  };
}

const making =
  (path: string, body: (own: string) => object) =>
  async (server: TestServer, own: string): Promise<Record<string, unknown>> => {
    const made = await call(server, "POST", path, { body: body(own) });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    return made.body;
  };

async function posting(
  url: string,
  token: string,
  headers: Record<string, string>,
): Promise<Answer> {
  const body = new URLSearchParams({ token });
  const answer = await fetch(url, { method: "POST", headers, body });
  const { status } = answer;
  return { status, headers: answer.headers, body: (await answer.json()) as Answer["body"] };
}

const idOf = (path: string) => (made: Record<string, unknown>) =>
  `${path}/${encodeURIComponent(String(made["id"]))}`;

function appClients(): FaultCase[] {
  const path = "/v2/app_clients";
  const body = (own: string) => ({ name: own, type: "client_credentials" });
  const make = making(path, body);
  return [
    fault("insertClient", "clients", "create an app client", asking("POST", path, body)),
    fault(
      "updateClient",
      "revocations",
      "disable an app client",
      asking("PATCH", idOf(path), { enabled: false }, make),
    ),
    fault(
      "deleteClient",
      "credentials",
      "delete an app client",
      asking("DELETE", idOf(path), undefined, make),
    ),
    fault(
      "insertAudit",
      "audit_events",
      "see a client secret",
      asking("GET", idOf(path), undefined, make),
    ),
    fault(
      "insertAudit",
      "audit_events",
      "export the audit log",
      async ({ url, apiKey }) =>
        async () => {
          const headers = { "x-api-key": apiKey };
          const answer = await fetch(`${url}/v2/audit_events/export`, { headers });
          await answer.text();
          return { status: answer.status, headers: answer.headers, body: {} };
        },
    ),
  ];
}

function credentials(): FaultCase[] {
  const pathOf = ({ id }: { id: string }) => `/v2/app_clients/${id}/credentials`;
  const ofNewClient =
    (method: string, body: object | undefined): Prepare =>
    async (server) => {
      const client = await createAppClient(server);
      const made = await call<{ id: string }>(server, "POST", pathOf(client), { body: {} });
      assert.equal(made.status, 201, JSON.stringify(made.body));
      const path = `${pathOf(client)}/${made.body.id}`;
      return () => call(server, method, path, body === undefined ? {} : { body });
    };
  return [
    fault("insertCredential", "credentials", "add a credential", async (server) => {
      const client = await createAppClient(server);
      return () => call(server, "POST", pathOf(client), { body: {} });
    }),
    fault(
      "updateCredential",
      "credentials",
      "disable a credential",
      ofNewClient("PATCH", { enabled: false }),
    ),
    fault(
      "updateCredential",
      "credentials",
      "revoke a credential",
      ofNewClient("DELETE", undefined),
    ),
  ];
}

function tokens(): FaultCase[] {
  const revoking = ({ url }: TestServer, token: string, headers: Record<string, string>) =>
    posting(`${url}/oauth2/revoke`, token, headers);
  return [
    fault("revokeToken", "revocations", "revoke a token", async (server) => {
      const client = await createAppClient(server);
      const token = await tokenFor(server, client);
      return () => revoking(server, token, basic(client.client_id, client.client_secret));
    }),
    fault("updateApiKey", "api_keys", "revoke an API key", async (server, own) => {
      const client = await createAppClient(server, { api_roles: ["owner"] });
      const body = { name: own, api_key_role: "personal" };
      const made = await call<{ secret_key: string }>(server, "POST", "/v2/api_keys", { body });
      await tokenFor(server, client);
      const credentials = basic(client.client_id, client.client_secret);
      return () => revoking(server, made.body.secret_key, credentials);
    }),
    fault("insertRefusals", "refusals", "look up why a request was refused", async (server) => {
      const client = await createAppClient(server);
      await tokenFor(server, client);
      let refused: string | undefined;
      return async () => {
        const wrong = { ...secretOf(client), scope: "no:such_permission" };
        refused ??= (await requestToken(server, wrong)).body.request_id;
        return call(server, "GET", `/v2/refusals/${refused}`);
      };
    }),
    fault("moveSigningKeys", "signing_keys", "remove a signing key", async (server) => {
      const { body } = await call<{ signing_keys: { kid: string; stage: string }[] }>(
        server,
        "GET",
        "/v2/signing_keys",
      );
      const { kid } = body.signing_keys.find(({ stage }) => stage === "next")!;
      return () => call(server, "DELETE", `/v2/signing_keys/${kid}`);
    }),
  ];
}

function people(): FaultCase[] {
  const path = "/v2/users";
  const body = (own: string) => ({ email: `${own}@example.com` });
  const make = making(path, body);
  const one = ({ username }: Record<string, unknown>) =>
    `${path}/${encodeURIComponent(String(username))}`;
  return [
    fault("insertUser", "users", "create a user", asking("POST", path, body)),
    fault(
      "updateUser",
      "revocations",
      "disable a user",
      asking("PATCH", one, { enabled: false }, make),
    ),
    fault("deleteUser", "users", "delete a user", asking("DELETE", one, undefined, make)),
    fault(
      "replaceUserCode",
      "single_uses",
      "reset a password",
      asking("POST", (made) => `${one(made)}/reset_password`, undefined, make),
    ),
  ];
}

function apiKeys(): FaultCase[] {
  const path = "/v2/api_keys";
  const body = (own: string) => ({ name: own, api_key_role: "personal" });
  const make = making(path, body);
  return [
    fault("insertApiKey", "api_keys", "create an API key", asking("POST", path, body)),
    fault(
      "updateApiKey",
      "revocations",
      "disable an API key",
      asking("PATCH", idOf(path), { enabled: false }, make),
    ),
    fault(
      "deleteApiKey",
      "api_keys",
      "delete an API key",
      asking("DELETE", idOf(path), undefined, make),
    ),
  ];
}

function apis(): FaultCase[] {
  const path = "/v2/apis";
  const body = (own: string) => ({
    name: own,
    audience: `https://${own}.example.com`,
    permissions: [{ name: "invoices:read" }],
  });
  const make = making(path, body);
  const rotate = (made: Record<string, unknown>) =>
    `${idOf(path)(made)}/verifier_credential/rotate`;
  return [
    fault("insertApi", "apis", "register an API", asking("POST", path, body)),
    fault(
      "insertSigningKeys",
      "signing_keys",
      "register an API whose algorithm has no keys yet",
      asking("POST", path, (own) => ({ ...body(own), signing_algorithm: "EdDSA" })),
    ),
    fault(
      "updateApi",
      "revocations",
      "take a permission off an API",
      asking("PATCH", idOf(path), { permissions: [] }, make),
    ),
    fault("updateApi", "apis", "rotate a verifier credential", asking("POST", rotate, {}, make)),
    fault("deleteApi", "apis", "delete an API", asking("DELETE", idOf(path), undefined, make)),
  ];
}

function roles(): FaultCase[] {
  const path = "/v2/roles";
  const nameOf = (own: string) => own.replaceAll("-", "_");
  const body = (own: string) => ({ name: nameOf(own), permissions: ["jobs:read"] });
  const one = ({ name }: Record<string, unknown>) => `${path}/${String(name)}`;
  const makeHeld = async (server: TestServer, own: string) => {
    const made = await making(path, body)(server, own);
    await createAppClient(server, { api_roles: [nameOf(own)] });
    return made;
  };
  return [
    fault("insertRole", "roles", "create a role", asking("POST", path, body)),
    fault(
      "updateRole",
      "revocations",
      "take a permission out of a role",
      asking("PATCH", one, { permissions: [] }, makeHeld),
    ),
    fault(
      "deleteRole",
      "role_bindings",
      "take a role away from all",
      asking("DELETE", (made) => `${one(made)}?force=true`, undefined, makeHeld),
    ),
  ];
}

function leaks(): FaultCase[] {
  const report = (token: string) => [{ token, type: "client_secret", url: "", source: "commit" }];
  return [
    fault("recordLeak", "leaks", "report a leaked secret", async (server) => {
      const { client_secret } = await createAppClient(server);
      return () => call(server, "POST", "/v2/leaks", { body: report(client_secret) });
    }),
    fault("updateLeak", "leaks", "say what became of a leak", async (server) => {
      const { client_id, client_secret } = await createAppClient(server);
      const reported = await call(server, "POST", "/v2/leaks", { body: report(client_secret) });
      assert.equal(reported.status, 200, JSON.stringify(reported.body));
      const path = `/v2/leaks?client_id=${client_id}`;
      const { body } = await call<{ leaks: { id: string }[] }>(server, "GET", path);
      const one = `/v2/leaks/${body.leaks[0]!.id}`;
      return () => call(server, "PATCH", one, { body: { status: "resolved" } });
    }),
  ];
}

/** Who signs in: the owner of each server that is tried. */
export const ownerSignIn = { email: "owner@example.com", password: "a long walk before breakfast" };

/** The password changes last: with it all other sessions end. */
function signIn(): FaultCase[] {
  const { email, password } = ownerSignIn;
  const sending =
    (path: string, page: string, fields: Record<string, string>, isSignedIn = true): Prepare =>
    async (server) => {
      const visitor = createVisitor(server);
      if (isSignedIn) assert.equal((await visitor.signIn(email, password)).status, 303);
      const { text } = await visitor.get(page);
      const [, token] = / name="form_token" value="([^"]+)"/.exec(text) ?? [];
      assert.ok(token !== undefined, `${page} has no form`);
      return async () => {
        const { status, headers } = await visitor.post(path, { ...fields, form_token: token });
        return { status, headers, body: {} };
      };
    };
  return [
    fault(
      "insertSession",
      "sessions",
      "sign in",
      sending("/login", "/login", { email, password }, false),
    ),
    fault(
      "confirmSession",
      "sessions",
      "confirm a sign-in",
      sending("/login/confirm", "/login/confirm", { password }),
    ),
    fault("endSessions", "sessions", "sign out", sending("/logout", "/logout", {})),
    fault(
      "setPassword",
      "passwords",
      "change a password",
      sending("/account/password", "/account", {
        old_password: password,
        password: "another long walk after supper",
      }),
    ),
  ];
}

export const faultCases: FaultCase[] = [
  ...appClients(),
  ...credentials(),
  ...tokens(),
  ...people(),
  ...apiKeys(),
  ...apis(),
  ...roles(),
  ...leaks(),
  ...datasourceFaults,
  ...webhookFaults,
  ...factorFaults,
  ...signIn(),
];

/** Requests that need no write, and must not become a verdict when nothing can be read. */
export const readCases: ReadCase[] = [
  {
    act: "get a token as a client that was not seen yet",
    async prepare(server) {
      const client = await createAppClient(server);
      return () => requestToken(server, secretOf(client)) as Promise<Answer<never>>;
    },
  },
  {
    act: "exchange an API key",
    async prepare(server, own) {
      const body = { name: own, api_key_role: "personal" };
      const made = await call<{ secret_key: string }>(server, "POST", "/v2/api_keys", { body });
      const parameters = {
        grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
        subject_token_type: "urn:countersign:params:oauth:token-type:api-key",
        subject_token: made.body.secret_key,
      };
      return () => requestToken(server, parameters) as Promise<Answer<never>>;
    },
  },
  {
    act: "introspect a token",
    async prepare(server) {
      const [client, other] = [await createAppClient(server), await createAppClient(server)];
      const token = await tokenFor(server, client);
      const { url } = server;
      const headers = basic(other.client_id, other.client_secret);
      return () => posting(`${url}/oauth2/introspect`, token, headers);
    },
  },
  ...["/v2/app_clients", "/v2/users", "/v2/roles", "/v2/refusals", "/v2/usage", "/v2/corpora"].map(
    (path) => ({ act: `read ${path}`, prepare: asking("GET", path) }),
  ),
];

/** What no request waits for: it runs by itself, and is tried again by itself. */
export const ownWrites: Partial<Record<WriteName, string>> = {
  insertTenant: "at the start",
  updateAudience: "at the start",
  insertDataKey: "at the start",
  rewrapDataKey: "at the start",
  insertSingleUse: "at the start: the setup code",
  clearSingleUse: "at the start: the setup code",
  recoverFromBackup: "by an operator, after a restore",
  moveAuditHead: "the sealer of the audit log",
  insertUsage: "counts: they wait in memory, and a gap is recorded when they are given up",
  endUsage: "counts, when a process stops",
  closeSilentProcesses: "a background job",
  rollUpUsage: "a background job",
  insertExchanges: "what was said to a provider, noted a moment later",
  sweepExchanges: "a background job",
  claimDelivery: "a background job",
  sweepDeliveries: "a background job",
  tellReconnectSoon: "a background job",
  sweepRefusals: "a background job",
  sweepLeaks: "a background job",
  sweep: "a background job",
  touchSession: "when a session was seen last: no request waits for it",
  takeLease: "who does background jobs",
  releaseLease: "who does background jobs",
};

/** Writes that no code outside the store asks for yet. */
export const unasked: WriteName[] = [];
