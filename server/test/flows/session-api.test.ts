import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Session, SignedInList } from "@countersign/protocol/admin/session.ts";
import { bearer, call, createAppClient, tokenFor, type CreatedAppClient } from "../calls.ts";
import { startServer, type InProcessServer } from "../server.ts";
import { stores } from "../stores.ts";
import { createVisitor, type Visitor } from "../visitor.ts";

const email = "owner@example.com";
const password = "a horse, a battery and a staple";

for (const { name, settings } of stores) {
  describe(`the API for who is signed in, on ${name}`, () => {
    let server: InProcessServer;
    let person: Visitor;
    before(async () => {
      server = await startServer({
        ...(await settings()),
        COUNTERSIGN_BOOTSTRAP_OWNER_EMAIL: email,
        COUNTERSIGN_BOOTSTRAP_OWNER_PASSWORD: password,
      });
      person = createVisitor(server);
      await person.signIn(email, password);
    });
    after(() => server.stop());

    const asPerson = <Body = Record<string, unknown>>(
      method: string,
      path: string,
      {
        body,
        headers = { origin: server.url },
        who = person,
      }: {
        body?: unknown;
        headers?: Record<string, string>;
        who?: Visitor;
      } = {},
    ) => {
      const cookie = [...who.cookies].map(([key, value]) => `${key}=${value}`).join("; ");
      return call<Body>(server, method, path, {
        ...(body === undefined ? {} : { body }),
        headers: { ...headers, cookie },
      });
    };

    test("says who is signed in, and 401 or 403 to who is not", async () => {
      const { status, body } = await asPerson<Session>("GET", "/v2/session");
      assert.equal(status, 200);
      assert.equal(body.user.email, email);
      assert.ok(body.permissions.includes("app_clients:reveal_secret"));
      assert.deepEqual(body.methods, ["password"]);
      assert.equal((await call(server, "GET", "/v2/session", { headers: {} })).status, 401);
      assert.equal((await call(server, "GET", "/v2/session")).status, 403);
      const client = await createAppClient(server, { api_roles: ["owner"] });
      const headers = bearer(await tokenFor(server, client));
      assert.equal((await call(server, "GET", "/v2/session", { headers })).status, 403);
    });

    test("acts with the rights of the person, and names the person in the audit log", async () => {
      const made = await asPerson<CreatedAppClient>("POST", "/v2/app_clients", {
        body: { name: "from the console", type: "client_credentials" },
      });
      assert.equal(made.status, 201);
      const { body: session } = await asPerson<Session>("GET", "/v2/session");
      const path = `/v2/audit_events?subject_id=${made.body.id}`;
      const { body } = await asPerson<{ audit_events: { actor: object }[] }>("GET", path);
      assert.match(JSON.stringify(body), new RegExp(`"user".*"${session.user.id}"`));
    });

    test("does nothing that another site asked for, or nobody knows who (H1)", async () => {
      const senders: Record<string, string>[] = [
        { origin: "https://evil.example" },
        { origin: "null" },
        { origin: server.url, "sec-fetch-site": "same-site" },
        { "sec-fetch-site": "cross-site" },
        { "sec-fetch-site": "none" },
        {},
      ];
      const body = { name: "forged", type: "client_credentials" };
      for (const headers of senders) {
        const answer = await asPerson("POST", "/v2/app_clients", { body, headers });
        assert.equal(answer.status, 403, JSON.stringify(headers));
        assert.equal(answer.body["code"], "cross_site_request");
      }
      const { status, body: list } = await asPerson("GET", "/v2/app_clients?limit=100", {
        headers: { "sec-fetch-site": "same-origin" },
      });
      assert.equal(status, 200);
      assert.ok(!JSON.stringify(list).includes("forged"));
      const read = { headers: { "sec-fetch-site": "cross-site" } };
      assert.equal((await asPerson("GET", "/v2/app_clients", read)).status, 403);
    });

    test("prefers a key or a token to the cookie, and does not fall back", async () => {
      const wrong = { "x-api-key": "cspk_wrong", origin: server.url };
      assert.equal((await asPerson("GET", "/v2/session", { headers: wrong })).status, 401);
      const right = { "x-api-key": server.apiKey };
      assert.equal((await asPerson("GET", "/v2/app_clients", { headers: right })).status, 200);
    });

    test("shows a secret after a recent sign-in alone, and asks for one (H8)", async () => {
      const who = createVisitor(server);
      await who.signIn(email, password);
      const client = await createAppClient(server);
      const path = `/v2/app_clients/${client.id}`;
      type List = { credentials: { id: string }[] };
      const { body } = await asPerson<List>("GET", `${path}/credentials`, { who });
      const credential = `${path}/credentials/${body.credentials[0]!.id}`;
      const fresh = await asPerson("GET", credential, { who });
      assert.equal(fresh.body["client_secret"], client.client_secret);
      const page = await asPerson("GET", path, { who });
      assert.equal(page.body["client_secret"], undefined);
      server.clock.advance(15 * 60_000);
      const stale = await asPerson("GET", credential, { who });
      assert.deepEqual([stale.status, stale.body["code"]], [403, "recent_sign_in_required"]);
      assert.equal((await asPerson("GET", path, { who })).status, 200);
      assert.equal((await call(server, "GET", credential)).status, 200, "keys prove it each time");
      await who.submit("/login/confirm", { password });
      assert.equal((await asPerson("GET", credential, { who })).status, 200);
    });

    test("lists where a person is signed in, and ends what the person picks alone (H2, H3)", async () => {
      const [one, two] = [createVisitor(server), createVisitor(server)];
      for (const who of [one, two]) await who.signIn(email, password);
      const path = "/v2/session/sessions";
      const { body } = await asPerson<SignedInList>("GET", path, { who: one });
      const own = body.sessions.filter(({ current }) => current);
      assert.equal(own.length, 1);
      const mine = await asPerson<Session>("GET", "/v2/session", { who: one });
      assert.equal(own[0]?.id, mine.body.id);
      const other = await asPerson<Session>("GET", "/v2/session", { who: two });
      const forged = { who: one, headers: { origin: "https://evil.example" } };
      const otherPath = `${path}/${other.body.id}`;
      assert.equal((await asPerson("DELETE", otherPath, forged)).status, 403);
      const stranger = await invited("stranger@example.com");
      assert.equal((await asPerson("DELETE", otherPath, { who: stranger })).status, 404);
      assert.equal((await call(server, "GET", path)).status, 403, "a key is no person");
      assert.equal((await asPerson("DELETE", otherPath, { who: one })).status, 204);
      assert.equal((await asPerson("GET", "/v2/session", { who: two })).status, 401);
      assert.equal((await asPerson("DELETE", otherPath, { who: one })).status, 404);
      assert.equal((await asPerson("DELETE", `${path}/${own[0]?.id}`, { who: one })).status, 204);
      assert.equal((await asPerson("GET", "/v2/session", { who: one })).status, 401);
    });

    const invited = async (address: string) => {
      const made = await call<{ sign_in_url: string }>(server, "POST", "/v2/users", {
        body: { email: address, api_roles: ["viewer"] },
      });
      const { pathname, search } = new URL(made.body.sign_in_url);
      const visitor = createVisitor(server);
      await visitor.submit(pathname + search, { password });
      return visitor;
    };

    test("stops with the session, and follows the person's roles at once (H2, H4)", async () => {
      const made = await call<{ one_time_code: string; username: string }>(
        server,
        "POST",
        "/v2/users",
        { body: { email: "second@example.com", api_roles: ["administrator"] } },
      );
      const who = createVisitor(server);
      const code = encodeURIComponent(made.body.one_time_code);
      await who.submit(`/invitation?code=${code}`, { password });
      const list = () => asPerson("GET", "/v2/app_clients", { who });
      assert.equal((await list()).status, 200);
      const body = { api_roles: ["owner"] };
      const path = "/v2/users/second%40example.com";
      assert.equal((await asPerson("PATCH", path, { who, body })).status, 403, "no more than held");
      await asPerson("PATCH", path, { body: { api_roles: ["viewer"] } });
      assert.equal((await list()).status, 403);
      const kept = new Map(who.cookies);
      await who.submit("/logout", {});
      for (const [key, value] of kept) who.cookies.set(key, value);
      const over = await asPerson("GET", "/v2/session", { who });
      assert.deepEqual([over.status, over.body["code"]], [401, "sign_in_over"]);
    });
  });
}
