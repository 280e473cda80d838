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
import { createVisitor } from "../visitor.ts";
import { accessFaults } from "./access-faults.ts";
import { datasourceFaults } from "./datasource-faults.ts";
import { factorFaults } from "./factor-faults.ts";
import { asking, fault, type FaultCase, type Prepare, type ReadCase } from "./fault-case.ts";
import { webhookFaults } from "./webhook-faults.ts";

/** For every write that somebody can ask for over HTTP: a request that needs it. */

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

function auditLog(): FaultCase {
  return fault(
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
  );
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
  ...tokens(),
  auditLog(),
  ...accessFaults,
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
