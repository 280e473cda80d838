import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  accountRoleNames,
  agentRoleNames,
  corpusRoleNames,
  type AccountRole,
  type CorpusRole,
} from "@countersign/protocol/roles.ts";
import type { CreateAppClient } from "@countersign/protocol/admin/app-clients.ts";
import { bearer, call, createAppClient, tokenFor } from "../calls.ts";
import { startServer, type InProcessServer } from "../server.ts";

/**
 * The whole matrix: every endpoint under `/v2` and every built-in role, held for the account or on one
 * corpus. Who may is written here as the platform documents it, not as the code says it. Calls name
 * things that are not there: who may gets past the check to 400 or 404, who may not gets 403.
 */

const administrators: readonly AccountRole[] = ["owner", "administrator"];
const makers: readonly AccountRole[] = [...administrators, "corpus_administrator"];
const writers: readonly AccountRole[] = [...makers, "corpus_developer"];
const readers: readonly AccountRole[] = [...writers, "corpus_viewer", "viewer"];

const keepersThere: readonly CorpusRole[] = ["owner", "administrator"];
const editorsThere: readonly CorpusRole[] = [...keepersThere, "editor"];
const readersThere: readonly CorpusRole[] = [...editorsThere, "viewer"];

interface Who {
  account: readonly AccountRole[];
  /** Held on the corpus that the call is about. */
  corpus?: readonly CorpusRole[];
}

const onlyAdministrators: Who = { account: administrators };
const allReaders: Who = { account: readers };
const reading: Who = { account: readers, corpus: readersThere };
const editing: Who = { account: writers, corpus: editorsThere };

const matrix: Record<string, Who> = {
  "POST /v2/app_clients": onlyAdministrators,
  "GET /v2/app_clients": onlyAdministrators,
  "GET /v2/app_clients/{id}": onlyAdministrators,
  "PATCH /v2/app_clients/{id}": onlyAdministrators,
  "DELETE /v2/app_clients/{id}": onlyAdministrators,
  "POST /v2/app_clients/{id}/credentials": onlyAdministrators,
  "GET /v2/app_clients/{id}/credentials": onlyAdministrators,
  "GET /v2/app_clients/{id}/credentials/{credential_id}": onlyAdministrators,
  "PATCH /v2/app_clients/{id}/credentials/{credential_id}": onlyAdministrators,
  "DELETE /v2/app_clients/{id}/credentials/{credential_id}": onlyAdministrators,
  // For people in a browser alone.
  "POST /v2/app_clients/{id}/test_tokens": { account: [] },
  "POST /v2/users": onlyAdministrators,
  "GET /v2/users": onlyAdministrators,
  "GET /v2/users/{username}": allReaders,
  "PATCH /v2/users/{username}": onlyAdministrators,
  "DELETE /v2/users/{username}": onlyAdministrators,
  "POST /v2/users/{username}/reset_password": onlyAdministrators,
  "POST /v2/users/{username}/remove_second_factors": onlyAdministrators,
  // For people in a browser alone.
  "GET /v2/session": { account: [] },
  "GET /v2/session/sessions": { account: [] },
  "DELETE /v2/session/sessions/{id}": { account: [] },
  "POST /v2/api_keys": allReaders,
  "GET /v2/api_keys": allReaders,
  "GET /v2/api_keys/{id}": allReaders,
  "PATCH /v2/api_keys/{id}": allReaders,
  "DELETE /v2/api_keys/{id}": allReaders,
  "POST /v2/roles": onlyAdministrators,
  "GET /v2/roles": onlyAdministrators,
  "GET /v2/roles/{name}": onlyAdministrators,
  "GET /v2/roles/{name}/holders": onlyAdministrators,
  "POST /v2/roles/{name}/impact": onlyAdministrators,
  "PATCH /v2/roles/{name}": onlyAdministrators,
  "DELETE /v2/roles/{name}": onlyAdministrators,
  "POST /v2/explain": onlyAdministrators,
  "POST /v2/apis": onlyAdministrators,
  "GET /v2/apis": onlyAdministrators,
  "GET /v2/apis/{id}": onlyAdministrators,
  "GET /v2/apis/{id}/openapi_document": onlyAdministrators,
  "PATCH /v2/apis/{id}": onlyAdministrators,
  "DELETE /v2/apis/{id}": onlyAdministrators,
  "POST /v2/apis/{id}/verifier_credential/rotate": onlyAdministrators,
  "GET /v2/signing_keys": onlyAdministrators,
  "POST /v2/signing_keys/rotate": onlyAdministrators,
  "DELETE /v2/signing_keys/{kid}": onlyAdministrators,
  "GET /v2/audit_events": onlyAdministrators,
  "GET /v2/audit_events/export": onlyAdministrators,
  "GET /v2/refusals": onlyAdministrators,
  "GET /v2/refusals/{request_id}": onlyAdministrators,
  "GET /v2/usage": onlyAdministrators,
  "GET /v2/usage/unused_clients": onlyAdministrators,
  "GET /v2/findings": onlyAdministrators,
  "POST /v2/leaks": onlyAdministrators,
  "GET /v2/leaks": onlyAdministrators,
  "GET /v2/leaks/{id}": onlyAdministrators,
  "PATCH /v2/leaks/{id}": onlyAdministrators,
  "POST /v2/datasources": onlyAdministrators,
  "POST /v2/datasources/check": onlyAdministrators,
  "POST /v2/datasources/import": onlyAdministrators,
  "POST /v2/webhooks": onlyAdministrators,
  "GET /v2/webhooks": onlyAdministrators,
  "GET /v2/webhooks/{id}": onlyAdministrators,
  "PATCH /v2/webhooks/{id}": onlyAdministrators,
  "DELETE /v2/webhooks/{id}": onlyAdministrators,
  "POST /v2/webhooks/{id}/rotate_secret": onlyAdministrators,
  "POST /v2/webhooks/{id}/test": onlyAdministrators,
  "GET /v2/webhooks/{id}/deliveries": onlyAdministrators,
  "POST /v2/webhooks/{id}/deliveries/{event_id}/replay": onlyAdministrators,
  "GET /v2/datasources": onlyAdministrators,
  "GET /v2/datasource_profiles": onlyAdministrators,
  "GET /v2/datasources/{id}": onlyAdministrators,
  "GET /v2/datasources/{id}/export": onlyAdministrators,
  "PATCH /v2/datasources/{id}": onlyAdministrators,
  "DELETE /v2/datasources/{id}": onlyAdministrators,
  "POST /v2/datasources/{id}/connections": onlyAdministrators,
  "GET /v2/datasources/{id}/connections": onlyAdministrators,
  "GET /v2/connections": onlyAdministrators,
  "GET /v2/connections/{id}": onlyAdministrators,
  "GET /v2/connections/{id}/exchanges": onlyAdministrators,
  "PATCH /v2/connections/{id}": onlyAdministrators,
  "DELETE /v2/connections/{id}": onlyAdministrators,
  "POST /v2/connections/{id}/refresh": onlyAdministrators,
  "GET /v2/connections/{id}/token": onlyAdministrators,
  // A list filters: who may read one corpus may list, and sees that one.
  "GET /v2/corpora": reading,
  "POST /v2/corpora": { account: makers },
  "GET /v2/corpora/{corpus_key}": reading,
  "PATCH /v2/corpora/{corpus_key}": { account: writers, corpus: keepersThere },
  "DELETE /v2/corpora/{corpus_key}": { account: makers, corpus: ["owner"] },
  "POST /v2/corpora/{corpus_key}/reset": { account: makers, corpus: keepersThere },
  "GET /v2/corpora/{corpus_key}/documents": reading,
  "POST /v2/corpora/{corpus_key}/documents": editing,
  "GET /v2/corpora/{corpus_key}/documents/{document_id}": reading,
  "DELETE /v2/corpora/{corpus_key}/documents/{document_id}": editing,
  "GET /v2/corpora/{corpus_key}/query": reading,
  "POST /v2/corpora/{corpus_key}/query": reading,
  "GET /v2/jobs": allReaders,
};

describe("the role matrix", () => {
  let server: InProcessServer;
  before(async () => {
    server = await startServer();
  });
  after(() => server.stop());

  /** What a caller with these roles gets everywhere; the corpus in the path is this one. */
  async function verdicts(settings: Partial<CreateAppClient>, corpusKey: string) {
    const client = await createAppClient(server, settings);
    const headers = bearer(await tokenFor(server, client));
    const found = new Map<string, boolean>();
    for (const endpoint of Object.keys(matrix)) {
      const [method = "", template = ""] = endpoint.split(" ");
      const path = template.replace("{corpus_key}", corpusKey).replaceAll(/\{\w+\}/g, "not_there");
      const body = method === "POST" || method === "PATCH" ? { body: {} } : {};
      const answer = await fetchStatus(method, path, { headers, ...body });
      assert.ok(answer !== 401 && answer < 500, `${endpoint}: ${answer}`);
      found.set(endpoint, answer !== 403);
    }
    return found;
  }

  async function fetchStatus(
    method: string,
    path: string,
    { headers, body }: { headers: Record<string, string>; body?: object },
  ): Promise<number> {
    const response = await fetch(server.url + path, {
      method,
      headers: body === undefined ? headers : { "content-type": "application/json", ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    await response.arrayBuffer();
    return response.status;
  }

  const expected = (may: (who: Who) => boolean): Map<string, boolean> =>
    new Map(Object.entries(matrix).map(([endpoint, who]) => [endpoint, may(who)]));

  test("knows every endpoint that there is", async () => {
    const { body } = await call<{ paths: Record<string, object> }>(server, "GET", "/openapi.json");
    const endpoints = Object.entries(body.paths)
      .filter(([path]) => path.startsWith("/v2/"))
      .flatMap(([path, operations]) =>
        Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
      );
    assert.deepEqual(endpoints.toSorted(), Object.keys(matrix).toSorted());
  });

  for (const role of accountRoleNames) {
    test(`lets ${role} for the account do what is documented, and nothing else (H3)`, async () => {
      const found = await verdicts({ api_roles: [role] }, "any");
      assert.deepEqual(
        found,
        expected(({ account }) => account.includes(role)),
      );
    });
  }

  for (const role of corpusRoleNames) {
    const bound = { corpus_roles: [{ corpus_key: "bound", role }] };

    test(`lets ${role} of one corpus do there what is documented, and nothing else (H3)`, async () => {
      const found = await verdicts(bound, "bound");
      assert.deepEqual(
        found,
        expected(({ corpus }) => corpus?.includes(role) === true),
      );
    });

    test(`lets ${role} of one corpus do nothing with another, but list (H3)`, async () => {
      const found = await verdicts(bound, "other");
      const list = expected(() => false).set("GET /v2/corpora", true);
      assert.deepEqual(found, list);
    });
  }

  for (const role of agentRoleNames) {
    test(`lets ${role} of one agent do nothing that is not about agents (H3)`, async () => {
      const bound = { agent_roles: [{ agent_key: "bound", role }] };
      assert.deepEqual(
        await verdicts(bound, "bound"),
        expected(() => false),
      );
    });
  }

  test("lets a client without any role do nothing", async () => {
    assert.deepEqual(
      await verdicts({}, "any"),
      expected(() => false),
    );
  });
});
