import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Credential } from "@countersign/protocol/admin/credentials.ts";
import { bearer, call, createAppClient, requestToken, secretOf, tokenFor } from "../calls.ts";
import { startServer, type InProcessServer } from "../server.ts";
import { stores } from "../stores.ts";

type Created = Credential & { client_secret: string };
const dayMs = 86_400_000;

for (const { name, settings } of stores) {
  describe(`credentials of an app client on ${name}`, () => {
    let server: InProcessServer;
    before(async () => {
      server = await startServer(await settings());
    });
    after(() => server.stop());

    const list = async (id: string) =>
      (
        await call<{ credentials: Credential[] }>(
          server,
          "GET",
          `/v2/app_clients/${id}/credentials`,
        )
      ).body.credentials;
    const add = (id: string, body: object = {}) =>
      call<Created>(server, "POST", `/v2/app_clients/${id}/credentials`, { body });
    const change = (id: string, credentialId: string, body: object) =>
      call(server, "PATCH", `/v2/app_clients/${id}/credentials/${credentialId}`, { body });
    const revoke = (id: string, credentialId: string) =>
      call(server, "DELETE", `/v2/app_clients/${id}/credentials/${credentialId}`);

    test("adds one credential of a request that is sent again with its Idempotency-Key", async () => {
      const client = await createAppClient(server);
      const path = `/v2/app_clients/${client.id}/credentials`;
      const headers = { "x-api-key": server.apiKey, "idempotency-key": `rotate-${client.id}` };
      const send = (body: object, to = path) =>
        call<Created>(server, "POST", to, { body, headers });
      const answers = await Promise.all(Array.from({ length: 8 }, () => send({})));
      assert.deepEqual([...new Set(answers.map(({ status }) => status))], [201]);
      assert.equal(new Set(answers.map(({ body }) => body.client_secret)).size, 1);
      assert.equal((await list(client.id)).length, 2);
      const other = await createAppClient(server);
      assert.equal((await send({ description: "other" })).status, 422);
      assert.equal((await send({}, path.replace(client.id, other.id))).status, 422);
      // The fifth is answered again too, though there is no place for a sixth.
      for (const _ of [3, 4]) await add(client.id);
      headers["idempotency-key"] = `fifth-${client.id}`;
      const fifth = await send({});
      assert.deepEqual((await send({})).body.id, fifth.body.id);
      headers["idempotency-key"] = `sixth-${client.id}`;
      assert.equal((await send({})).status, 409);
      // What was refused is not remembered as done.
      await revoke(client.id, fifth.body.id);
      assert.equal((await send({})).status, 201);
    });

    test("rotates a secret without an outage: both work until the old one is revoked (S14)", async () => {
      const client = await createAppClient(server);
      const { body: added } = await add(client.id, { description: "second" });
      const { client_id } = client;
      const withSecret = (client_secret: string) =>
        requestToken(server, secretOf({ client_id, client_secret }));
      assert.equal((await withSecret(client.client_secret)).status, 200);
      assert.equal((await withSecret(added.client_secret)).status, 200);
      const [old] = await list(client.id);
      assert.equal((await revoke(client.id, old!.id)).status, 204);
      assert.equal((await withSecret(client.client_secret)).status, 401);
      assert.equal((await withSecret(added.client_secret)).status, 200);
      assert.deepEqual(
        (await list(client.id)).map(({ state }) => state),
        ["revoked", "active"],
      );
    });

    test("shows hint and state in the list, never the secret", async () => {
      const client = await createAppClient(server);
      const [credential] = await list(client.id);
      assert.equal(credential!.hint, client.client_secret.slice(-4));
      assert.equal(credential!.state, "active");
      assert.equal("client_secret" in credential!, false);
    });

    test("reveals a secret to the owner and audits it (S17)", async () => {
      const client = await createAppClient(server);
      const [credential] = await list(client.id);
      const path = `/v2/app_clients/${client.id}/credentials/${credential!.id}`;
      const read = await call<Created>(server, "GET", path);
      assert.equal(read.body.client_secret, client.client_secret);
    });

    test("has at most five live credentials, however they are asked for", async () => {
      const client = await createAppClient(server);
      const answers = await Promise.all(Array.from({ length: 8 }, () => add(client.id)));
      const statuses = answers.map(({ status }) => status).toSorted((one, other) => one - other);
      assert.deepEqual(statuses, [201, 201, 201, 201, 409, 409, 409, 409]);
      const [first] = await list(client.id);
      await revoke(client.id, first!.id);
      assert.equal((await add(client.id)).status, 201);
    });

    test("disables for a while and restores by itself", async () => {
      const client = await createAppClient(server);
      const [credential] = await list(client.id);
      const disabledUntil = new Date(server.clock.now() + 600_000).toISOString();
      const disabled = await change(client.id, credential!.id, {
        enabled: false,
        disabled_until: disabledUntil,
      });
      assert.deepEqual([disabled.status, disabled.body["state"]], [200, "disabled"]);
      assert.equal((await requestToken(server, secretOf(client))).status, 401);
      server.clock.advance(600_001);
      assert.equal((await requestToken(server, secretOf(client))).status, 200);
      assert.deepEqual(
        (await list(client.id)).map(({ state }) => state),
        ["active"],
      );
    });

    test("refuses tokens of a disabled or revoked credential on our own API at once", async () => {
      const client = await createAppClient(server, { api_roles: ["administrator"] });
      const token = await tokenFor(server, client);
      const ask = () => call(server, "GET", "/v2/app_clients?limit=1", { headers: bearer(token) });
      const [credential] = await list(client.id);
      await change(client.id, credential!.id, { enabled: false });
      assert.equal((await ask()).status, 401);
      await change(client.id, credential!.id, { enabled: true });
      assert.equal((await ask()).status, 401, "what was taken back stays taken back");
      const headers = bearer(await tokenFor(server, client));
      const askAgain = () => call(server, "GET", "/v2/app_clients?limit=1", { headers });
      assert.equal((await askAgain()).status, 200);
      await revoke(client.id, credential!.id);
      assert.equal((await askAgain()).status, 401);
    });

    test("expires when it was told to", async () => {
      const client = await createAppClient(server);
      const expiresAt = new Date(server.clock.now() + 3_600_000).toISOString();
      const { body: added } = await add(client.id, { expires_at: expiresAt });
      const parameters = secretOf({
        client_id: client.client_id,
        client_secret: added.client_secret,
      });
      assert.equal((await requestToken(server, parameters)).status, 200);
      server.clock.advance(3_600_001);
      assert.equal((await requestToken(server, parameters)).status, 401);
      const past = await add(client.id, {
        expires_at: new Date(server.clock.now() - 1).toISOString(),
      });
      assert.equal(past.status, 400);
      // In UTC that is the year 10000, for which there is no date-time.
      const far = await add(client.id, { expires_at: "9999-12-31T23:59:59-01:00" });
      assert.equal(far.status, 400);
    });

    test("says when an old credential is safe to remove, after seven quiet days without a gap", async () => {
      const client = await createAppClient(server);
      await requestToken(server, secretOf(client));
      server.clock.advance(1_000);
      const { body: added } = await add(client.id);
      const verdict = async () => (await list(client.id))[0]!.safe_to_remove;
      assert.deepEqual((await verdict()).safe, false);
      assert.match((await verdict()).reason, /no newer credential is in use/);
      await requestToken(
        server,
        secretOf({ client_id: client.client_id, client_secret: added.client_secret }),
      );
      await lastUseIsWritten(async () => (await list(client.id))[1]!.last_used_at !== undefined);
      assert.match((await verdict()).reason, /quiet for 7 days/);
      server.clock.advance(7 * dayMs + 60_000);
      assert.equal((await verdict()).safe, true);
      assert.equal((await list(client.id))[1]!.safe_to_remove.safe, false);
    });

    test("writes the address and the program of the last use", async () => {
      const client = await createAppClient(server);
      await requestToken(server, secretOf(client), { "user-agent": "importer/1.2" });
      await lastUseIsWritten(async () => (await list(client.id))[0]!.last_used_at !== undefined);
      const [credential] = await list(client.id);
      assert.equal(credential!.last_used_address, "127.0.0.1");
      assert.equal(credential!.last_used_user_agent, "importer/1.2");
    });

    test("does not bring back what was revoked", async () => {
      const client = await createAppClient(server);
      const [credential] = await list(client.id);
      await revoke(client.id, credential!.id);
      assert.equal((await change(client.id, credential!.id, { enabled: true })).status, 409);
      assert.equal((await revoke(client.id, credential!.id)).status, 204);
    });
  });
}

async function lastUseIsWritten(isWritten: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 100 && !(await isWritten()); tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
