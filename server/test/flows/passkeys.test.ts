import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { User } from "@countersign/protocol/admin/users.ts";
import {
  createAuthenticator,
  enrolPasskey,
  passkeyFormOf,
  type Deviation,
} from "../authenticator.ts";
import { startNamedServer } from "../browser/browsing.ts";
import { call } from "../calls.ts";
import { startServer, type InProcessServer } from "../server.ts";
import { stores } from "../stores.ts";
import { createVisitor, type Visitor } from "../visitor.ts";

const password = "purple elephants dance slowly";
const session = "countersign_session";
const factors = "/account/factors";
const alone = "/login/passkey";

for (const { name, settings } of stores) {
  describe(`passkeys on ${name}`, () => {
    let server: InProcessServer;
    let count = 0;
    before(async () => {
      server = await startNamedServer(await settings());
    });
    after(() => server.stop());

    const person = async () => {
      count += 1;
      const email = `person${count}@example.com`;
      const made = await call<User>(server, "POST", "/v2/users", { body: { email } });
      const { pathname, search } = new URL(made.body.sign_in_url!);
      const visitor = createVisitor(server);
      await visitor.submit(pathname + search, { password });
      return { email, visitor };
    };
    const enrolled = async () => {
      const { email, visitor } = await person();
      const passkey = createAuthenticator(server.url);
      const { status, text } = await enrolPasskey(visitor, passkey);
      assert.equal(status, 200, text);
      const codes = [...text.matchAll(/<li>([\w-]{29})<\/li>/g)].map(([, code]) => code!);
      return { email, visitor, passkey, codes };
    };
    type Passkey = Awaited<ReturnType<typeof enrolled>>["passkey"];
    const signIn = async (passkey: Passkey, own?: Deviation, visitor = createVisitor(server)) => {
      const page = await visitor.get("/login");
      return visitor.post(alone, passkey.answer(page, alone, own));
    };
    const firstStep = async (email: string): Promise<Visitor> => {
      const visitor = createVisitor(server);
      assert.match((await visitor.signIn(email, password)).location ?? "", /^\/login\/second\?/);
      return visitor;
    };

    test("sign in alone when the device checked who is there, and only then (H8)", async () => {
      const { passkey, codes } = await enrolled();
      assert.equal(codes.length, 10);
      const visitor = createVisitor(server);
      const answer = await signIn(passkey, {}, visitor);
      assert.deepEqual([answer.status, answer.location], [303, "/console"]);
      assert.equal((await visitor.get("/account")).status, 200);
      const unverified = createVisitor(server);
      assert.equal((await signIn(passkey, { isVerified: false }, unverified)).status, 403);
      assert.equal(unverified.cookies.has(session), false);
    });

    test("are a second factor after the password, and the recovery codes stand in (H8)", async () => {
      const { email, passkey, codes } = await enrolled();
      const visitor = await firstStep(email);
      const path = "/login/second/passkey";
      const page = await visitor.get("/login/second");
      const listed = passkeyFormOf(page, path).options.allowCredentials;
      assert.equal(listed?.length, 1);
      const other = await enrolled();
      const stolen = await visitor.post(path, other.passkey.answer(page, path));
      assert.equal(stolen.status, 403, "somebody else's");
      const fields = passkey.answer(await visitor.get("/login/second"), path, {
        isVerified: false,
      });
      assert.equal((await visitor.post(path, fields)).status, 303);
      const without = await createVisitor(server).post(path, fields);
      assert.match(without.location ?? "", /^\/login\?/, "no password was given there");
      const lost = await firstStep(email);
      assert.equal((await lost.submit("/login/second", { code: codes[0]! })).status, 303);
    });

    test("answer a challenge once, in the browser and for the purpose that it was made for", async () => {
      const { passkey, email } = await enrolled();
      const visitor = createVisitor(server);
      const page = await visitor.get("/login");
      const fields = passkey.answer(page, alone);
      const elsewhere = createVisitor(server);
      await elsewhere.get("/login");
      assert.equal((await elsewhere.post(alone, fields)).status, 403, "another browser");
      assert.equal((await visitor.post(alone, fields)).status, 303);
      const kept = visitor.cookies.get("countersign_form")!;
      const thief = createVisitor(server);
      thief.cookies.set("countersign_form", kept);
      assert.equal((await thief.post(alone, fields)).status, 403, "a second time");
      const later = passkey.answer(page, alone);
      assert.equal((await thief.post(alone, later)).status, 403, "the challenge, signed again");

      const second = await firstStep(email);
      const path = "/login/second/passkey";
      const asked = passkey.answer(await second.get("/login/second"), path);
      assert.equal((await second.post(alone, asked)).status, 403, "for another purpose");
      const old = createVisitor(server);
      const stale = passkey.answer(await old.get("/login"), alone);
      server.clock.advance(10 * 60_000);
      assert.equal((await old.post(alone, stale)).status, 403, "too old");
    });

    test("of two answers to one challenge at once let one in", async () => {
      const { passkey } = await enrolled();
      const visitor = createVisitor(server);
      const page = await visitor.get("/login");
      const sent = [passkey.answer(page, alone), passkey.answer(page, alone)];
      const answers = await Promise.all(sent.map((fields) => visitor.post(alone, fields)));
      const statuses = answers.map(({ status }) => status).toSorted((a, b) => a - b);
      assert.deepEqual(statuses, [303, 403]);
    });

    test("do not answer for another site, or another host name (B19)", async () => {
      const { passkey, visitor } = await enrolled();
      const port = new URL(server.url).port;
      const foreign: Deviation[] = [
        { origin: "https://evil.example" },
        { origin: `http://evil.localhost:${port}` },
        { origin: "http://localhost" },
        { rpId: "evil.example" },
      ];
      for (const own of foreign) {
        assert.equal((await signIn(passkey, own)).status, 403, JSON.stringify(own));
        const path = `${factors}/passkey`;
        const fresh = createAuthenticator(server.url);
        const answer = fresh.answer(await visitor.get(factors), path, own);
        assert.equal((await visitor.post(path, answer)).status, 400, JSON.stringify(own));
      }
      const forged = { origin: "https://evil.example" };
      const fields = passkey.answer(await visitor.get("/login/confirm"), "/login/confirm/passkey");
      assert.equal((await visitor.post(alone, fields, forged)).status, 403);
    });

    test("are refused when their counter did not go up, and an administrator sees it", async () => {
      const { passkey } = await enrolled();
      assert.equal((await signIn(passkey, { count: 7 })).status, 303);
      for (const behind of [7, 3, 0]) {
        assert.equal((await signIn(passkey, { count: behind })).status, 403);
      }
      const { body } = await call(server, "GET", "/v2/audit_events?limit=100");
      const text = JSON.stringify(body);
      assert.equal(text.match(/user\.passkey_counter_behind/g)?.length, 3);
      assert.equal((await signIn(passkey, { count: 8 })).status, 303);
    });

    test("count always zero where an authenticator does not count", async () => {
      const { passkey } = await enrolled();
      assert.equal((await signIn(passkey, { count: 0 })).status, 303);
      assert.equal((await signIn(passkey, { count: 0 })).status, 303);
    });

    test("confirm who is there, which adds and removes factors (H1, H3, H8)", async () => {
      const { passkey, visitor } = await enrolled();
      server.clock.advance(15 * 60_000);
      const path = "/login/confirm/passkey";
      assert.match((await visitor.get(factors)).location ?? "", /^\/login\/confirm\?/);
      const stale = await visitor.post(`${factors}/passkey`, {});
      assert.match(stale.location ?? "", /^\/login\/confirm\?/);
      const lazy = passkey.answer(await visitor.get("/login/confirm"), path, { isVerified: false });
      assert.equal((await visitor.post(path, lazy)).status, 403);
      const fields = passkey.answer(await visitor.get("/login/confirm"), path);
      assert.equal((await visitor.post(path, fields)).status, 303);
      const list = await visitor.get(factors);
      assert.match(list.text, /Passkey · since/);
      const [, id = ""] = /name="id" value="(fct_\w+)"/.exec(list.text) ?? [];
      const stranger = await person();
      assert.equal((await stranger.visitor.post(`${factors}/remove`, { id })).status, 404);
      assert.equal((await visitor.post(`${factors}/remove`, { id })).status, 303);
      assert.equal((await signIn(passkey)).status, 403);
    });

    test("stop with their person", async () => {
      const { passkey, email } = await enrolled();
      const path = `/v2/users/${encodeURIComponent(email)}`;
      await call(server, "PATCH", path, { body: { enabled: false } });
      assert.equal((await signIn(passkey)).status, 403);
      await call(server, "PATCH", path, { body: { enabled: true } });
      assert.equal((await signIn(passkey)).status, 303);
      await call(server, "DELETE", path);
      assert.equal((await signIn(passkey)).status, 403);
    });

    test("take nothing that is not an answer, and add no passkey twice", async () => {
      const { passkey, visitor } = await enrolled();
      const path = `${factors}/passkey`;
      const twice = passkey.answer(await visitor.get(factors), path);
      assert.equal((await visitor.post(path, twice)).status, 409);
      const whole = passkey.answer(await createVisitor(server).get("/login"), alone);
      const broken = JSON.parse(whole["answer"]!) as { response: Record<string, unknown> };
      const texts = ["", "null", "[]", "{}", '{"id":7}', whole["answer"]!.slice(0, -2)];
      for (const member of Object.keys(broken.response)) {
        for (const value of [undefined, 7, "", "AAAA", {}]) {
          const response = { ...broken.response, [member]: value };
          texts.push(JSON.stringify({ ...broken, response }));
        }
      }
      for (const answer of texts) {
        const stranger = createVisitor(server);
        const { fields } = passkeyFormOf(await stranger.get("/login"), alone);
        const { status } = await stranger.post(alone, { ...fields, answer });
        assert.ok([403, 429].includes(status), `${status}: ${answer}`);
        assert.equal(stranger.cookies.has(session), false);
      }
    });
  });
}

test("passkeys are not offered at an IP address, and the page says which setting helps", async () => {
  const server = await startServer({
    COUNTERSIGN_BOOTSTRAP_OWNER_EMAIL: "owner@example.com",
    COUNTERSIGN_BOOTSTRAP_OWNER_PASSWORD: password,
  });
  try {
    const visitor = createVisitor(server);
    const login = await visitor.get("/login");
    assert.doesNotMatch(login.text, /passkey|<script/);
    assert.doesNotMatch(login.headers.get("content-security-policy") ?? "", /script-src/);
    await visitor.signIn("owner@example.com", password);
    assert.match((await visitor.get(factors)).text, /COUNTERSIGN_PUBLIC_URL/);
    const answer = { challenge: "x", answer: "{}" };
    assert.equal((await visitor.post(alone, answer)).status, 403);
    assert.equal((await visitor.post(`${factors}/passkey`, answer)).status, 400);
  } finally {
    await server.stop();
  }
});
