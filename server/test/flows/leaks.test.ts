import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, test } from "node:test";
import type { ApiKey } from "@countersign/protocol/admin/api-keys.ts";
import type { Credential } from "@countersign/protocol/admin/credentials.ts";
import type {
  Leak,
  LeakDetails,
  LeakFeedback,
  LeakPage,
} from "@countersign/protocol/admin/leaks.ts";
import {
  bearer,
  call,
  claimsOf,
  createAppClient,
  requestToken,
  secretOf,
  tokenFor,
  type CreatedAppClient,
} from "../calls.ts";
import {
  createPartner,
  createPartnerKey,
  labelsOf,
  sendReport,
  type Match,
  type Partner,
} from "../leak-partner.ts";
import { startServer, type InProcessServer } from "../server.ts";
import { stores } from "../stores.ts";

for (const { name, settings } of stores) {
  describe(`leaked secrets on ${name}`, () => {
    let partner: Partner;
    let server: InProcessServer;
    before(async () => {
      partner = createPartner();
      server = await startServer({
        ...(await settings()),
        COUNTERSIGN_LEAK_REPORT_KEYS_FILE: partner.file,
      });
    });
    after(async () => {
      await server.stop();
      partner.remove();
    });

    const report = (...matches: Match[]) => sendReport(server, partner.key, matches);
    const credentialsPath = ({ id }: CreatedAppClient) => `/v2/app_clients/${id}/credentials`;
    const credentialOf = async (client: CreatedAppClient): Promise<Credential> =>
      (await call<{ credentials: Credential[] }>(server, "GET", credentialsPath(client))).body
        .credentials[0]!;
    const setPolicy = async (client: CreatedAppClient, on_leak: string) => {
      const { id } = await credentialOf(client);
      const path = `${credentialsPath(client)}/${id}`;
      const answer = await call(server, "PATCH", path, { body: { on_leak } });
      assert.deepEqual([answer.status, answer.body["on_leak"]], [200, on_leak]);
    };
    const createKey = async (settings: object = {}): Promise<ApiKey & { secret_key: string }> => {
      const body = { name: "a key", api_roles: ["viewer"], ...settings };
      const answer = await call<ApiKey & { secret_key: string }>(server, "POST", "/v2/api_keys", {
        body,
      });
      assert.equal(answer.status, 201, JSON.stringify(answer.body));
      return answer.body;
    };
    const leaksOf = async (subjectId: string): Promise<Leak[]> =>
      (await call<LeakPage>(server, "GET", `/v2/leaks?subject_id=${subjectId}`)).body.leaks;
    const leakOf = async (subjectId: string): Promise<LeakDetails> => {
      const [leak, ...others] = await leaksOf(subjectId);
      assert.equal(others.length, 0);
      return (await call<LeakDetails>(server, "GET", `/v2/leaks/${leak!.id}`)).body;
    };
    const statusOf = async (client: CreatedAppClient): Promise<number> =>
      (await requestToken(server, secretOf(client))).status;

    test("answers a partner as its programme asks, in the order of the report (S7)", async () => {
      const client = await createAppClient(server);
      const answer = await report(
        { token: "cssk_example", type: "countersign_client_secret" },
        { token: client.client_secret, type: "countersign_client_secret" },
      );
      assert.equal(answer.status, 200);
      const hashOf = (text: string) => createHash("sha256").update(text).digest("hex");
      assert.deepEqual(answer.body, [
        {
          token_hash: hashOf("cssk_example"),
          token_type: "countersign_client_secret",
          label: "false_positive",
        },
        {
          token_hash: hashOf(client.client_secret),
          token_type: "countersign_client_secret",
          label: "true_positive",
        },
      ]);
    });

    test("notes a leak with what the secret could do, its use and its place, and lets it work on (S7)", async () => {
      const client = await createAppClient(server, {
        api_roles: ["viewer"],
        corpus_roles: [{ corpus_key: "docs", role: "editor" }],
      });
      await tokenFor(server, client);
      const url = "https://github.com/octocat/Hello-World/blob/1234/settings.py";
      await report({ token: client.client_secret, url, source: "commit" });
      const credential = await credentialOf(client);
      const leak = await leakOf(credential.id);
      assert.equal(await statusOf(client), 200);
      assert.deepEqual(
        [leak.status, leak.kind, leak.state, leak.policy, leak.response, leak.hint],
        ["open", "client_secret", "active", "notify", "notified", client.client_secret.slice(-4)],
      );
      assert.equal(leak.client?.client_id, client.client_id);
      assert.ok(leak.reach.permissions.includes("corpora:read"));
      assert.deepEqual(
        leak.reach.resources.map(({ type, identifier }) => [type, identifier]),
        [["corpus", "docs"]],
      );
      const [place] = leak.places;
      assert.deepEqual(
        [place?.url, place?.source, place?.reported_by],
        [url, "commit", { type: "partner", id: "first" }],
      );
      const seen = await eventually(async () => {
        const { reach } = await leakOf(credential.id);
        // Counts and last uses are read one after the other, while they are being written.
        const isWritten = reach.tokens_issued === 2 && reach.last_used_at !== undefined;
        return isWritten ? reach : undefined;
      });
      assert.equal(seen?.last_used_address, "127.0.0.1");
      assert.ok(seen?.last_used_at);
    });

    test("disables at once when the credential says so, voids its tokens, and is restored as elsewhere (S7)", async () => {
      const client = await createAppClient(server, { api_roles: ["administrator"] });
      await setPolicy(client, "disable");
      const headers = bearer(await tokenFor(server, client));
      const statusWithToken = async () =>
        (await call(server, "GET", "/v2/app_clients?limit=1", { headers })).status;
      assert.equal(await statusWithToken(), 200);
      assert.deepEqual(labelsOf(await report({ token: client.client_secret })), ["true_positive"]);
      const credential = await credentialOf(client);
      assert.deepEqual([credential.state, await statusOf(client)], ["disabled", 401]);
      assert.equal(await statusWithToken(), 401);
      const leak = await leakOf(credential.id);
      assert.deepEqual([leak.response, leak.state], ["disabled", "active"]);
      const audit = await call<{ audit_events: { action: string; after?: object }[] }>(
        server,
        "GET",
        `/v2/audit_events?subject_id=${credential.id}`,
      );
      const disabled = audit.body.audit_events.find(({ action }) => /disabled/.test(action));
      assert.match(JSON.stringify(disabled), new RegExp(leak.id));

      const path = `${credentialsPath(client)}/${credential.id}`;
      assert.equal((await call(server, "PATCH", path, { body: { enabled: true } })).status, 200);
      assert.equal(await statusOf(client), 200);
      await report({ token: client.client_secret });
      assert.equal(await statusOf(client), 200, "the same report again disables nothing");
      await report({ token: client.client_secret, url: "https://elsewhere.example" });
      assert.equal(await statusOf(client), 401, "a new place is a new leak");
    });

    test("revokes for good when the credential says so, and has nothing left to do then (S7)", async () => {
      const client = await createAppClient(server);
      const added = await call<Credential & { client_secret: string }>(
        server,
        "POST",
        credentialsPath(client),
        { body: { on_leak: "revoke" } },
      );
      assert.deepEqual([added.status, added.body.on_leak], [201, "revoke"]);
      const { client_secret, id } = added.body;
      await report({ token: client_secret });
      assert.equal(await statusOf({ ...client, client_secret }), 401);
      assert.equal(await statusOf(client), 200, "the other credential is not concerned");
      const again = await report({ token: client_secret, url: "https://elsewhere.example" });
      assert.deepEqual(labelsOf(again), ["true_positive"]);
      const leak = await leakOf(id);
      assert.deepEqual([leak.response, leak.state, leak.place_count], ["revoked", "revoked", 2]);
    });

    test("calls a secret that was revoked before true, with nothing left to do (S7)", async () => {
      const client = await createAppClient(server);
      const { id } = await credentialOf(client);
      await call(server, "DELETE", `${credentialsPath(client)}/${id}`);
      assert.deepEqual(labelsOf(await report({ token: client.client_secret })), ["true_positive"]);
      assert.equal((await leakOf(id)).response, "nothing_left");
    });

    test("treats API keys of every kind alike, and shows whose they are (S7)", async () => {
      const notified = await createKey();
      const disabled = await createKey({ on_leak: "disable" });
      const revoked = await createKey({ api_roles: undefined, api_key_role: "personal" });
      const changed = await call(server, "PATCH", `/v2/api_keys/${revoked.id}`, {
        body: { on_leak: "revoke" },
      });
      assert.deepEqual([changed.status, changed.body["on_leak"]], [200, "revoke"]);
      const keys = [notified, disabled, revoked];
      const answer = await report(...keys.map(({ secret_key: token }) => ({ token })));
      assert.deepEqual(
        labelsOf(answer),
        Array.from({ length: 3 }, () => "true_positive"),
      );
      const read = async ({ id }: ApiKey) =>
        (await call<ApiKey>(server, "GET", `/v2/api_keys/${id}`)).body.state;
      assert.deepEqual(
        [await read(notified), await read(disabled), await read(revoked)],
        ["active", "disabled", "revoked"],
      );
      const leak = await leakOf(disabled.id);
      assert.deepEqual(
        [leak.kind, leak.response, leak.owner?.type],
        ["api_key", "disabled", "user"],
      );
      assert.ok(leak.reach.permissions.includes("corpora:read"));
      const back = await call(server, "PATCH", `/v2/api_keys/${disabled.id}`, {
        body: { enabled: true },
      });
      assert.equal(back.status, 200);
    });

    test("recognises a key without our form, such as the owner's first one (S7)", async () => {
      for (const token of [
        server.apiKey,
        `API_KEY="${server.apiKey}"`,
        `curl -H 'x-api-key: ${server.apiKey}' https://api.example.com`,
      ]) {
        assert.deepEqual(labelsOf(await report({ token })), ["true_positive"], token);
      }
    });

    test("recognises an API's verifier secret, and notes it only (S7)", async () => {
      const api = await call<{ id: string }>(server, "POST", "/v2/apis", {
        body: { name: "Orders", audience: "https://orders.example.com", permissions: [] },
      });
      const path = `/v2/apis/${api.body.id}/verifier_credential/rotate`;
      const rotated = await call(server, "POST", path, { body: {} });
      const secret = /csvk_[0-9A-Za-z]{49}/.exec(JSON.stringify(rotated.body))?.[0];
      assert.ok(secret, JSON.stringify(rotated.body));
      assert.deepEqual(labelsOf(await report({ token: secret })), ["true_positive"]);
      const leak = await leakOf(api.body.id);
      assert.deepEqual([leak.kind, leak.response], ["verifier_secret", "notified"]);
    });

    test("recognises an access token by its signature, and revokes that token alone (S7)", async () => {
      const client = await createAppClient(server, { api_roles: ["administrator"] });
      await setPolicy(client, "disable");
      const [leaked, other] = [await tokenFor(server, client), await tokenFor(server, client)];
      const token = `curl -H "Authorization: Bearer ${leaked}" https://api.example.com`;
      assert.deepEqual(labelsOf(await report({ token })), ["true_positive"]);
      const statusWith = async (text: string) =>
        (await call(server, "GET", "/v2/app_clients?limit=1", { headers: bearer(text) })).status;
      assert.deepEqual([await statusWith(leaked), await statusWith(other)], [401, 200]);
      assert.equal(await statusOf(client), 200);
      const leak = await leakOf(String(claimsOf(leaked)["jti"]));
      assert.deepEqual([leak.kind, leak.response], ["access_token", "revoked"]);
      assert.ok(leak.reach.permissions.includes("app_clients:read"));
      const [head, payload] = other.split(".");
      const forged = `${head}.${payload}.${leaked.split(".")[2]}`;
      assert.deepEqual(labelsOf(await report({ token: forged })), ["false_positive"]);
    });

    test("knows an expired token as one of its own, with nothing left to do (S7)", async () => {
      const client = await createAppClient(server, { token_lifetime_seconds: 60 });
      const token = await tokenFor(server, client);
      server.clock.advance(120_000);
      assert.deepEqual(labelsOf(await report({ token })), ["true_positive"]);
      const leak = await leakOf(String(claimsOf(token)["jti"]));
      assert.deepEqual([leak.state, leak.response], ["expired", "nothing_left"]);
    });

    test("takes the same report from an administrator, with permission and without a signature (S7)", async () => {
      const client = await createAppClient(server);
      const body = [{ token: client.client_secret, type: "gitleaks", url: "file:.env" }];
      const answer = await call<LeakFeedback>(server, "POST", "/v2/leaks", { body });
      assert.deepEqual([answer.status, answer.body[0]?.label], [200, "true_positive"]);
      const leak = await leakOf((await credentialOf(client)).id);
      assert.equal(leak.places[0]?.reported_by.type, "user");
      const viewer = await createAppClient(server, { api_roles: ["viewer"] });
      const headers = bearer(await tokenFor(server, viewer));
      assert.equal((await call(server, "POST", "/v2/leaks", { body, headers })).status, 403);
    });

    test("counts a place once, however often it is reported (S7)", async () => {
      const client = await createAppClient(server);
      const match = { token: client.client_secret, url: "https://one.example" };
      await Promise.all(Array.from({ length: 4 }, () => report(match, match)));
      await report({ ...match, url: "https://two.example" });
      const leak = await leakOf((await credentialOf(client)).id);
      assert.deepEqual([leak.place_count, leak.places.length], [2, 2]);
    });

    test("is a finding on its client until the last leak is closed, and news again elsewhere (S7)", async () => {
      const client = await createAppClient(server);
      const match = { token: client.client_secret, url: "https://one.example" };
      await report(match);
      const findings = async () =>
        (
          await call<{ findings: { kind: string; client_id: string; what_to_do: string }[] }>(
            server,
            "GET",
            `/v2/findings?client_id=${client.client_id}`,
          )
        ).body.findings.map(({ kind }) => kind);
      assert.deepEqual(await findings(), ["secret_leaked"]);
      const { id } = await leakOf((await credentialOf(client)).id);
      const closed = await call<LeakDetails>(server, "PATCH", `/v2/leaks/${id}`, {
        body: { status: "resolved", note: "rotated on Monday" },
        headers: { "x-api-key": server.apiKey, "if-match": '"1"' },
      });
      assert.deepEqual(
        [closed.status, closed.body.status, closed.body.note, closed.headers.get("etag")],
        [200, "resolved", "rotated on Monday", '"2"'],
      );
      assert.deepEqual(await findings(), []);
      await report(match);
      assert.deepEqual(await findings(), [], "the same report again opens nothing");
      await report({ ...match, url: "https://two.example" });
      assert.deepEqual(await findings(), ["secret_leaked"]);
      const reopened = await leakOf((await credentialOf(client)).id);
      assert.deepEqual([reopened.status, reopened.note], ["open", "rotated on Monday"]);
    });

    test("lists by state, kind and client, a page at a time (S7)", async () => {
      const client = await createAppClient(server);
      const tokens = [await tokenFor(server, client), await tokenFor(server, client)];
      await report(...[client.client_secret, ...tokens].map((token) => ({ token })));
      const list = async (query: string) =>
        (await call<LeakPage>(server, "GET", `/v2/leaks?client_id=${client.client_id}&${query}`))
          .body;
      assert.equal((await list("kind=access_token")).leaks.length, 2);
      assert.equal((await list("status=resolved")).leaks.length, 0);
      const first = await list("limit=2");
      const rest = await list(`limit=2&page_key=${first.metadata.page_key}`);
      const ids = [...first.leaks, ...rest.leaks].map(({ id }) => id);
      assert.deepEqual([new Set(ids).size, rest.metadata], [3, {}]);
    });

    test("counts reports and what was done about them in the metrics", async () => {
      const text = await (await fetch(`${server.url}/metrics`)).text();
      assert.match(text, /countersign_leak_report_matches_total\{label="true_positive"\} \d/);
      assert.match(text, /countersign_leaks_total\{response="disabled"\} \d/);
    });

    test("reads the partner's keys again when they change, without a restart (S7)", async () => {
      const next = createPartnerKey("next");
      const match = [{ token: "cssk_example" }];
      assert.equal((await sendReport(server, next, match)).status, 401);
      partner.publish([partner.key, next]);
      const status = await eventually(
        async () => ((await sendReport(server, next, match)).status === 200 ? 200 : undefined),
        8_000,
      );
      assert.equal(status, 200);
    });
  });
}

async function eventually<Value>(
  look: () => Promise<Value | undefined>,
  withinMs = 4_000,
): Promise<Value | undefined> {
  for (let waitedMs = 0; waitedMs < withinMs; waitedMs += 100) {
    const value = await look();
    if (value !== undefined) return value;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return undefined;
}
