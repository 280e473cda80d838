import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { call } from "../calls.ts";
import { startServer, type InProcessServer } from "../server.ts";
import { stores } from "../stores.ts";
import { createVisitor } from "../visitor.ts";

const email = "owner@example.com";
const password = "a horse, a battery and a staple";
const hour = 3_600_000;

for (const { name, settings } of stores) {
  describe(`signing in on ${name}`, () => {
    let server: InProcessServer;
    before(async () => {
      server = await startServer({
        ...(await settings()),
        COUNTERSIGN_BOOTSTRAP_OWNER_EMAIL: email,
        COUNTERSIGN_BOOTSTRAP_OWNER_PASSWORD: password,
      });
    });
    after(() => server.stop());

    const visitor = () => createVisitor(server);
    const signedIn = async () => {
      const person = visitor();
      const answer = await person.signIn(email, password);
      assert.equal(answer.status, 303, answer.text);
      return person;
    };
    const isSignedIn = async (person: ReturnType<typeof visitor>) =>
      (await person.get("/account")).status === 200;

    test("lets the bootstrap owner in at once, by e-mail however it is written", async () => {
      const person = visitor();
      const answer = await person.signIn(" Owner@Example.COM ", password);
      assert.deepEqual([answer.status, answer.location], [303, "/console"]);
      const account = await person.get("/account");
      assert.equal(account.status, 200);
      assert.match(account.text, /Signed in as owner@example\.com/);
    });

    test("says the same of a wrong password and of a name that nobody has (H9)", async () => {
      const answers = [];
      for (const login of [email, "nobody@example.com"]) {
        const person = visitor();
        const answer = await person.signIn(login, "not the password at all");
        answers.push([answer.status, answer.text.replaceAll(login, "").replace(/[\w-]{43}/g, "")]);
        assert.ok(![...person.cookies.keys()].some((cookie) => cookie.includes("session")));
      }
      assert.deepEqual(answers[0], answers[1]);
      assert.equal(answers[0]![0], 403);
      assert.match(String(answers[0]![1]), /role="alert"[^>]*>E-mail or password is not right/);
    });

    test("sends nobody away after a sign-in but to a path of ours (G17)", async () => {
      const hostile = [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "/.//evil.example",
        "/%5c/..//evil.example",
        `${server.url}@evil.example`,
        "",
      ];
      for (const returnTo of hostile) {
        const person = visitor();
        const path = `/login?return_to=${encodeURIComponent(returnTo)}`;
        const answer = await person.submit(path, { email, password });
        assert.equal(answer.location, "/console", returnTo);
      }
      const person = visitor();
      const path = `/login?return_to=${encodeURIComponent("/console/clients?page=2#x")}`;
      const answer = await person.submit(path, { email, password });
      assert.equal(answer.location, "/console/clients?page=2#x");
    });

    test("makes a new session each time, and none of what the browser brings (B19, H2)", async () => {
      const person = visitor();
      const planted = "A".repeat(43);
      person.cookies.set("countersign_session", planted);
      await person.signIn(email, password);
      const first = person.cookies.get("countersign_session")!;
      assert.notEqual(first, planted);
      const { form_token: formToken } = Object.fromEntries(
        [
          ...(await person.get("/logout")).text.matchAll(/name="(form_token)" value="([^"]+)"/g),
        ].map(([, field, value]) => [field, value]),
      ) as Record<string, string>;
      await person.post("/login", { email, password, form_token: formToken! });
      const second = person.cookies.get("countersign_session")!;
      assert.notEqual(second, first);
      assert.ok(await isSignedIn(person));
      person.cookies.set("countersign_session", first);
      assert.ok(!(await isSignedIn(person)), "the first one ended");
    });

    test("reads one session cookie, and not one of two (B19)", async () => {
      const person = await signedIn();
      const value = person.cookies.get("countersign_session")!;
      const two = `countersign_session=${value}; countersign_session=${"B".repeat(43)}`;
      assert.equal((await visitor().get("/account", { cookie: two })).status, 303);
      const one = `other=1; countersign_session=${value}`;
      assert.equal((await visitor().get("/account", { cookie: one })).status, 200);
    });

    test("ends a session on the server when its owner signs out (H2)", async () => {
      const person = await signedIn();
      const kept = person.cookies.get("countersign_session")!;
      const answer = await person.submit("/logout", {});
      assert.deepEqual([answer.status, answer.location], [303, "/login"]);
      assert.equal(person.cookies.size, 0);
      person.cookies.set("countersign_session", kept);
      assert.ok(!(await isSignedIn(person)));
    });

    test("does nothing on GET (H1)", async () => {
      const person = await signedIn();
      for (const path of ["/logout", "/login?email=a&password=b", "/account?id=x"]) {
        await person.get(path);
      }
      assert.ok(await isSignedIn(person));
    });

    test("takes no form that another site sent, or nobody knows who (H1, B19)", async () => {
      const person = await signedIn();
      const senders: Record<string, string>[] = [
        { origin: "https://evil.example" },
        { origin: "null" },
        { origin: server.url.replace("127.0.0.1", "localhost") },
        { origin: server.url, "sec-fetch-site": "cross-site" },
        { origin: server.url, "sec-fetch-site": "same-site" },
        { "sec-fetch-site": "cross-site" },
        {},
      ];
      for (const headers of senders) {
        const stranger = visitor();
        const login = await stranger.post("/login", { email, password }, headers);
        assert.equal(login.status, 403, JSON.stringify(headers));
        assert.equal(stranger.cookies.has("countersign_session"), false);
        for (const path of ["/logout", "/account/sessions", "/account/password"]) {
          const answer = await person.post(path, {}, headers);
          assert.equal(answer.status, 403, `${path} ${JSON.stringify(headers)}`);
        }
      }
      assert.ok(await isSignedIn(person));
      const text = await person.post("/logout", {}, { "content-type": "text/plain" });
      assert.equal(text.status, 403);
      assert.ok(await isSignedIn(person));
    });

    test("takes a form without Origin when it holds what only our page knows (H1)", async () => {
      const person = visitor();
      const page = await person.get("/login");
      const [, token = ""] = /name="form_token" value="([^"]+)"/.exec(page.text) ?? [];
      const wrong = { email, password, form_token: "C".repeat(43) };
      assert.equal((await person.post("/login", wrong, {})).status, 403);
      const answer = await person.post("/login", { email, password, form_token: token }, {});
      assert.equal(answer.status, 303);
      const elsewhere = visitor();
      const fields = { email, password, form_token: token };
      assert.equal((await elsewhere.post("/login", fields, {})).status, 403);
    });

    test("lists sessions, and ends one or all others for their owner alone (H3)", async () => {
      const one = await signedIn();
      const other = await signedIn();
      const third = await signedIn();
      const list = await one.get("/account");
      const ids = [...list.text.matchAll(/name="id" value="(ses_\w+)"/g)].map(([, id]) => id!);
      assert.ok(ids.length >= 2);
      const { username } = await createPerson(server);
      const stranger = visitor();
      await stranger.signIn(username, strangersPassword);
      for (const id of ids) {
        const answer = await stranger.submit("/logout", {}).then(async () => {
          await stranger.signIn(username, strangersPassword);
          return stranger.post("/account/sessions", { id }, { origin: server.url });
        });
        assert.equal(answer.status, 404);
      }
      assert.ok(await isSignedIn(other));
      for (const id of ids) await one.post("/account/sessions", { id });
      assert.deepEqual(await Promise.all([one, other, third].map(isSignedIn)), [
        true,
        false,
        false,
      ]);
      const late = await signedIn();
      await one.post("/account/sessions", {});
      assert.deepEqual([await isSignedIn(one), await isSignedIn(late)], [true, false]);
    });

    test("ends sessions that are idle for half a day, or a week old", async () => {
      const person = await signedIn();
      server.clock.advance(11 * hour);
      assert.ok(await isSignedIn(person));
      server.clock.advance(11 * hour);
      assert.ok(await isSignedIn(person));
      server.clock.advance(12 * hour);
      assert.ok(!(await isSignedIn(person)));
      const busy = await signedIn();
      for (let passed = 0; passed < 7 * 24; passed += 11) {
        assert.ok(await isSignedIn(busy));
        server.clock.advance(11 * hour);
      }
      assert.ok(!(await isSignedIn(busy)));
    });

    test("changes the password for who knows it, and ends all other sessions (C15)", async () => {
      const { username } = await createPerson(server);
      const [one, other] = [visitor(), visitor()];
      for (const person of [one, other]) await person.signIn(username, strangersPassword);
      const change = (old: string, next: string) =>
        one.submit("/account", { old_password: old, password: next }, "/account/password");
      assert.equal((await change("not my password 1", "a new one, long enough")).status, 403);
      for (const weak of ["short", "password1234", "123456789012", username, "abcabcabcabc"]) {
        const answer = await change(strangersPassword, weak);
        assert.equal(answer.status, 400, weak);
        assert.match(answer.text, /role="alert"/);
      }
      const long = "Ünïcode and spaces are fine ".repeat(10);
      assert.equal((await change(strangersPassword, long)).status, 303);
      assert.deepEqual([await isSignedIn(one), await isSignedIn(other)], [true, false]);
      assert.equal((await visitor().signIn(username, strangersPassword)).status, 403);
      assert.equal((await visitor().signIn(username, long.normalize("NFD"))).status, 303);
    });

    test("ends the sessions of who is disabled, deleted or reset, for good (C15)", async () => {
      const headers = { "x-api-key": server.apiKey };
      const acts = [
        (path: string) => call(server, "PATCH", path, { body: { enabled: false }, headers }),
        (path: string) => call(server, "DELETE", path, { headers }),
        (path: string) => call(server, "POST", `${path}/reset_password`, { headers }),
      ];
      for (const act of acts) {
        const { username } = await createPerson(server);
        const person = visitor();
        await person.signIn(username, strangersPassword);
        assert.ok(await isSignedIn(person));
        const path = `/v2/users/${encodeURIComponent(username)}`;
        assert.ok((await act(path)).status < 300);
        assert.ok(!(await isSignedIn(person)));
        assert.equal((await visitor().signIn(username, strangersPassword)).status, 403);
        await call(server, "PATCH", path, { body: { enabled: true }, headers });
        assert.ok(!(await isSignedIn(person)), "it does not come back");
      }
    });

    test("knows a confirmed sign-in by a new secret, and asks for the password (H2)", async () => {
      const person = await signedIn();
      const before = person.cookies.get("countersign_session")!;
      const path = "/login/confirm?return_to=%2Fconsole";
      assert.equal((await person.submit(path, { password: "wrong, and long" })).status, 403);
      assert.equal(person.cookies.get("countersign_session"), before);
      const answer = await person.submit(path, { password });
      assert.deepEqual([answer.status, answer.location], [303, "/console"]);
      assert.ok(await isSignedIn(person));
      person.cookies.set("countersign_session", before);
      assert.ok(!(await isSignedIn(person)), "the old secret is void");
    });

    test("writes sign-ins into the audit log, and no secret", async () => {
      const person = await signedIn();
      const cookie = person.cookies.get("countersign_session")!;
      const { body } = await call(server, "GET", "/v2/audit_events?action=session.*&limit=100");
      const text = JSON.stringify(body);
      assert.match(text, /"session\.started"/);
      assert.match(text, /"session\.ended"/);
      const logs = text + server.logLines.join("\n");
      for (const secret of [cookie, password, strangersPassword]) {
        assert.ok(!logs.includes(secret) && !logs.includes(encodeURIComponent(secret)));
      }
    });
  });
}

const strangersPassword = "purple elephants dance slowly";
let people = 0;

/** Somebody who has accepted an invitation. */
async function createPerson(server: InProcessServer): Promise<{ username: string }> {
  people += 1;
  const username = `person${people}@example.com`;
  const made = await call<{ one_time_code: string }>(server, "POST", "/v2/users", {
    body: { email: username, api_roles: ["viewer"] },
  });
  assert.equal(made.status, 201);
  const code = encodeURIComponent(made.body.one_time_code);
  const accepted = await createVisitor(server).submit(`/invitation?code=${code}`, {
    password: strangersPassword,
  });
  assert.equal(accepted.status, 303, accepted.text);
  return { username };
}
