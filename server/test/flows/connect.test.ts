import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Connection } from "@countersign/protocol/admin/connections.ts";
import { call } from "../calls.ts";
import { besideProvider } from "../outbound/beside-provider.ts";
import { makeConnection, makeDatasource, readConnection, throughProxy } from "../outbound/calls.ts";
import { connectAt, pathAt, startConnecting } from "../outbound/connecting.ts";
import { stores } from "../stores.ts";
import { createVisitor, type PageAnswer, type Visitor } from "../visitor.ts";

/** Connecting: a link, the provider, and back, in one browser and once. */

const owner = { email: "owner@example.com", password: "a long walk before breakfast" };

for (const { name, settings } of stores) {
  describe(`connecting on ${name}`, () => {
    const { server, provider } = besideProvider(settings, {
      COUNTERSIGN_BOOTSTRAP_OWNER_EMAIL: owner.email,
      COUNTERSIGN_BOOTSTRAP_OWNER_PASSWORD: owner.password,
    });

    const make = async (own: object = {}): Promise<Connection> =>
      makeConnection(server, await makeDatasource(server, provider, own));
    const pathOf = (address: string): string => pathAt(server, address);
    const start = (visitor: Visitor, connection: Connection) =>
      startConnecting(server, visitor, connection);
    const connect = (visitor: Visitor, connection: Connection) =>
      connectAt(server, visitor, connection);
    const isRefused = async (answer: PageAnswer, { id }: Connection): Promise<void> => {
      assert.equal(answer.status, 400, answer.text);
      assert.match(answer.text, /did not begin here/);
      assert.notEqual((await readConnection(server, id)).state, "connected");
    };

    test("leads from the link to the provider and back, and the connection works", async () => {
      const connection = await make({
        custom_authentication_parameters: [{ key: "prompt", value: "consent" }],
      });
      const visitor = createVisitor(server);
      const { url, back } = await start(visitor, connection);
      assert.equal((await readConnection(server, connection.id)).state, "connecting");
      const sent = Object.fromEntries(url.searchParams);
      assert.equal(url.origin + url.pathname, `${provider.url}/authorize`);
      assert.equal(sent["redirect_uri"], `${server.url}/api/v1/datasources/authorize`);
      assert.equal(sent["scope"], "read write");
      assert.equal(sent["prompt"], "consent");
      assert.equal(sent["code_challenge_method"], "S256");
      assert.match(sent["state"]!, /^[\w-]{43}$/);
      const answer = await visitor.get(pathOf(back));
      assert.equal(answer.status, 200);
      assert.match(answer.text, /<h1>Connected<\/h1>/);
      assert.equal((await readConnection(server, connection.id)).state, "connected");
      assert.equal((await throughProxy(server, connection.id)).status, 200);
      server.clock.advance(3_600_001);
      assert.equal((await throughProxy(server, connection.id)).status, 200, "and it is renewed");
    });

    test("renews once to prove it, where the datasource wants that, and says what came of it", async () => {
      const connection = await make({ prove_refresh: true });
      const before = provider.refreshes();
      const answer = await connect(createVisitor(server), connection);
      assert.match(answer.text, /<h1>Connected<\/h1>/);
      assert.equal(provider.refreshes(), before + 1);
      assert.equal((await readConnection(server, connection.id)).state, "connected");
      const other = await make({ prove_refresh: true });
      provider.onToken = ({ parameters }, response) => {
        if (parameters["grant_type"] !== "refresh_token") return false;
        response.writeHead(400, { "content-type": "application/json" });
        response.end(JSON.stringify({ error: "unauthorized_client" }));
        return true;
      };
      const unproved = await connect(createVisitor(server), other);
      provider.onToken = undefined;
      assert.match(unproved.text, /renewing it was tried and did not work/);
      assert.equal((await readConnection(server, other.id)).reason!.code, "client_not_allowed");
      assert.equal((await throughProxy(server, other.id)).status, 200, "what it holds is used");
    });

    test("does not promise to try again with a code that is good once", async () => {
      const connection = await make();
      provider.onToken = (_asked, response) => {
        response.writeHead(503).end();
        return true;
      };
      const failed = await connect(createVisitor(server), connection);
      provider.onToken = undefined;
      assert.match(failed.text, /Nothing was kept\. Wait a little, then connect again\./);
      const { state, reason } = await readConnection(server, connection.id);
      assert.equal(state, "not_connected");
      assert.match(reason!.fix, /then connect again/);
      const again = await connect(createVisitor(server), connection);
      assert.match(again.text, /<h1>Connected<\/h1>/);
    });

    test("goes straight on when a page of ours opens the link", async () => {
      const { connect_url } = await make();
      const headers = { "sec-fetch-site": "same-origin" };
      const answer = await createVisitor(server).get(pathOf(connect_url!), headers);
      assert.equal(answer.status, 303);
      assert.match(answer.location!, /\/start$/);
    });

    test("ends the link with its use, and gives a new one", async () => {
      const connection = await make();
      await connect(createVisitor(server), connection);
      const spent = await createVisitor(server).get(pathOf(connection.connect_url!));
      assert.equal(spent.status, 404);
      const next = (await readConnection(server, connection.id)).connect_url!;
      assert.notEqual(next, connection.connect_url);
      assert.equal((await createVisitor(server).get(pathOf(next))).status, 200);
    });

    test("opens no link that is altered, too old, or of a disabled connection", async () => {
      const { id, connect_url } = await make();
      const other = await make();
      const [path, theirs] = [pathOf(connect_url!), pathOf(other.connect_url!)];
      const [, expires, mac] = path.split(".") as [string, string, string];
      const [, , theirMac] = theirs.split(".") as [string, string, string];
      for (const altered of [
        `${path.slice(0, -1)}${path.endsWith("A") ? "B" : "A"}`,
        `/connect/${id}.${expires}0.${mac}`,
        `/connect/${id}.${expires}.${theirMac}`,
        `/connect/${id}.${expires}.${mac}.`,
        `/connect/${id}`,
        "/connect/__proto__.zzzzzzzz.x",
      ]) {
        assert.equal((await createVisitor(server).get(altered)).status, 404, altered);
      }
      await call(server, "PATCH", `/v2/connections/${other.id}`, { body: { enabled: false } });
      assert.equal((await createVisitor(server).get(theirs)).status, 404);
      server.clock.advance(24 * 3_600_000 + 1);
      assert.equal((await createVisitor(server).get(path)).status, 404);
    });

    test("G9: takes a state once, in the browser that began it", async () => {
      const connection = await make();
      const visitor = createVisitor(server);
      const stolen = await start(visitor, connection);
      await isRefused(await createVisitor(server).get(pathOf(stolen.back)), connection);
      const other = createVisitor(server);
      await start(other, connection);
      await isRefused(await other.get(pathOf(stolen.back)), connection);
      // Whoever tried has used it up.
      await isRefused(await visitor.get(pathOf(stolen.back)), connection);
      const fresh = await start(visitor, connection);
      assert.equal((await visitor.get(pathOf(fresh.back))).status, 200);
      const replayed = await visitor.get(pathOf(fresh.back));
      assert.equal(replayed.status, 400);
    });

    test("G9: takes no state that is altered, doubled, missing, or too old", async () => {
      const connection = await make();
      const visitor = createVisitor(server);
      const { back } = await start(visitor, connection);
      const path = pathOf(back);
      for (const bad of [
        path.replace(/state=[^&]+/, "state=x"),
        path.replace(/&?state=[^&]+/, ""),
        `${path}&state=x`,
        path.replace(/state=([^&])/, "state=%00$1"),
        "/api/v1/datasources/authorize",
      ]) {
        await isRefused(await visitor.get(bad), connection);
      }
      server.clock.advance(10 * 60_000 + 1);
      await isRefused(await visitor.get(path), connection);
    });

    test("G9: ends in no other person's session than it began in", async () => {
      const connection = await make();
      const visitor = createVisitor(server);
      const { back } = await start(visitor, connection);
      await visitor.signIn(owner.email, owner.password);
      await isRefused(await visitor.get(pathOf(back)), connection);
      const again = await start(visitor, connection);
      assert.match((await visitor.get(pathOf(again.back))).text, /<h1>Connected/);
    });

    test("G9: takes nothing for a connection that was disabled or connected meanwhile", async () => {
      const connection = await make();
      const [one, two] = [createVisitor(server), createVisitor(server)];
      const [first, second] = [await start(one, connection), await start(two, connection)];
      assert.equal((await two.get(pathOf(second.back))).status, 200);
      assert.equal((await one.get(pathOf(first.back))).status, 400);
      const other = await make();
      const { back } = await start(one, other);
      await call(server, "PATCH", `/v2/connections/${other.id}`, { body: { enabled: false } });
      await isRefused(await one.get(pathOf(back)), other);
    });

    test("G10: takes no code that comes from another issuer", async () => {
      const connection = await make();
      for (const [iss, own] of [
        ["https://attacker.example", {}],
        ["https://attacker.example", { issuer: "https://provider.example" }],
      ] as const) {
        const one = Object.keys(own).length === 0 ? connection : await make(own);
        provider.callbackParameters = { iss };
        const answer = await connect(createVisitor(server), one);
        provider.callbackParameters = {};
        assert.match(answer.text, /another issuer/);
        assert.equal((await readConnection(server, one.id)).reason?.code, "issuer_mismatch");
      }
      provider.callbackParameters = { iss: provider.url };
      assert.match((await connect(createVisitor(server), connection)).text, /<h1>Connected/);
      provider.callbackParameters = {};
    });

    test("G11: gives each of two flows of one browser a verifier of its own", async () => {
      const [one, two] = [await make(), await make()];
      const visitor = createVisitor(server);
      const [first, second] = [await start(visitor, one), await start(visitor, two)];
      for (const name of ["state", "code_challenge"]) {
        assert.notEqual(first.url.searchParams.get(name), second.url.searchParams.get(name));
      }
      for (const { back } of [second, first]) {
        assert.match((await visitor.get(pathOf(back))).text, /<h1>Connected/);
      }
    });

    test("G11: mixes no codes of two flows", async () => {
      const [one, two] = [await make(), await make()];
      const visitor = createVisitor(server);
      const [first, second] = [await start(visitor, one), await start(visitor, two)];
      const stolen = new URL(first.back);
      stolen.searchParams.set("code", new URL(second.back).searchParams.get("code")!);
      const answer = await visitor.get(pathOf(stolen.href));
      assert.match(answer.text, /does not accept the authorization code/);
      assert.equal((await readConnection(server, one.id)).state, "not_connected");
    });

    test("says why it was not connected, without what the provider could inject (G16)", async () => {
      const connection = await make();
      const visitor = createVisitor(server);
      const { back } = await start(visitor, connection);
      const url = new URL(back);
      url.searchParams.delete("code");
      url.searchParams.set("error", "access_denied");
      url.searchParams.set("error_description", "<script>alert(1)</script>");
      const answer = await visitor.get(pathOf(url.href));
      assert.match(answer.text, /Access was denied at the provider/);
      assert.ok(!answer.text.includes("<script>"));
      const { state, reason } = await readConnection(server, connection.id);
      assert.deepEqual([state, reason?.code], ["not_connected", "access_denied"]);
    });

    test("G17: sends nobody anywhere that a callback names", async () => {
      const connection = await make();
      const visitor = createVisitor(server);
      const { back } = await start(visitor, connection);
      const extra = "&return_to=//attacker.example&redirect=https://attacker.example";
      const answer = await visitor.get(pathOf(back) + extra);
      assert.equal(answer.location, undefined);
      assert.ok(!answer.text.includes("attacker"));
    });

    test("G18: asks before another account takes the place of one with the same e-mail", async () => {
      provider.account = "alice";
      const connection = await make();
      const visitor = createVisitor(server);
      await connect(visitor, connection);
      assert.equal((await readConnection(server, connection.id)).account, "alice");
      provider.account = "mallory";
      const again = await readConnection(server, connection.id);
      const page = await connect(visitor, again);
      assert.match(page.text, /another account/);
      assert.equal((await readConnection(server, connection.id)).account, "alice");
      const fields = Object.fromEntries(
        [...page.text.matchAll(/name="(\w+)" value="([^"]+)"/g)].map(([, key, value]) => [
          key!,
          value!,
        ]),
      );
      const foreign = createVisitor(server);
      await start(foreign, again);
      assert.equal((await foreign.post("/connect/confirm", fields)).status, 400);
      const page2 = await connect(visitor, again);
      const [, token] = / name="account_token" value="([^"]+)"/.exec(page2.text)!;
      const confirmed = await visitor.post("/connect/confirm", { account_token: token! });
      assert.match(confirmed.text, /<h1>Connected/);
      assert.equal((await readConnection(server, connection.id)).account, "mallory");
      provider.account = undefined;
    });

    test("connects again what was lost", async () => {
      const connection = await make();
      const visitor = createVisitor(server);
      await connect(visitor, connection);
      provider.refreshTokens.clear();
      server.clock.advance(3_600_001);
      const { status, text } = await throughProxy(server, connection.id);
      assert.equal(status, 409);
      const { connect_url } = JSON.parse(text) as { connect_url: string };
      const answer = await connect(visitor, { ...connection, connect_url });
      assert.match(answer.text, /<h1>Connected/);
      assert.equal((await throughProxy(server, connection.id)).status, 200);
    });

    test("shows neither state, code nor tokens in log and audit", async () => {
      const connection = await make();
      const visitor = createVisitor(server);
      const { url, back } = await start(visitor, connection);
      await visitor.get(pathOf(back));
      const texts = [
        server.logLines.join("\n"),
        JSON.stringify((await call(server, "GET", "/v2/audit_events?limit=100")).body),
      ];
      const code = new URL(back).searchParams.get("code")!;
      for (const secret of [url.searchParams.get("state")!, `"${code}"`]) {
        for (const text of texts) assert.ok(!text.includes(secret), secret);
      }
      // Not within a digest, where chance may put the same letters.
      for (const text of texts) assert.doesNotMatch(text, /(?<![\w-])[ar]t-\d/);
      assert.ok(texts[1]!.includes("connection.connected"));
    });
  });
}
