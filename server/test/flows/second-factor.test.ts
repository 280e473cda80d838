import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { fromBase32, totpCodeAt } from "../../src/people/totp.ts";
import { bearer, call, createAppClient, tokenFor } from "../calls.ts";
import { startServer, type InProcessServer } from "../server.ts";
import { stores } from "../stores.ts";
import { createVisitor, type Visitor } from "../visitor.ts";

const password = "purple elephants dance slowly";
const session = "countersign_session";
const factors = "/account/factors";

for (const { name, settings } of stores) {
  describe(`a second factor on ${name}`, () => {
    let server: InProcessServer;
    let count = 0;
    before(async () => {
      server = await startServer(await settings());
    });
    after(() => server.stop());

    const person = async () => {
      count += 1;
      const email = `person${count}@example.com`;
      const made = await call<{ sign_in_url: string }>(server, "POST", "/v2/users", {
        body: { email, api_roles: ["administrator"] },
      });
      const { pathname, search } = new URL(made.body.sign_in_url);
      const visitor = createVisitor(server);
      await visitor.submit(pathname + search, { password });
      return { email, visitor };
    };
    const codeNow = (secret: string) =>
      totpCodeAt(fromBase32(secret), Math.floor(server.clock.now() / 30_000));
    /** A code has been spent: the next one comes in half a minute. */
    const nextCode = (secret: string) => {
      server.clock.advance(30_000);
      return codeNow(secret);
    };
    const enrol = async (visitor: Visitor) => {
      const page = await visitor.get(factors);
      assert.equal(page.status, 200, page.text);
      const [, secret = ""] = /<code[^>]*>([A-Z2-7]{32})<\/code>/.exec(page.text) ?? [];
      const [, pending = ""] = /name="pending" value="([^"]+)"/.exec(page.text) ?? [];
      const fields = { pending, code: codeNow(secret), name: "phone" };
      const answer = await visitor.post(`${factors}/totp`, fields);
      assert.equal(answer.status, 200, answer.text);
      const codes = [...answer.text.matchAll(/<li>([\w-]{29})<\/li>/g)].map(([, code]) => code!);
      return { secret, codes };
    };
    const enrolled = async () => {
      const { email, visitor } = await person();
      return { email, visitor, ...(await enrol(visitor)) };
    };
    const firstStep = async (email: string) => {
      const visitor = createVisitor(server);
      const answer = await visitor.signIn(email, password);
      assert.match(answer.location ?? "", /^\/login\/second\?/);
      return visitor;
    };

    test("is asked for after the password, and its code is good once (H8)", async () => {
      const { email, secret, codes } = await enrolled();
      assert.equal(codes.length, 10);
      const visitor = await firstStep(email);
      assert.equal(visitor.cookies.has(session), false);
      const spent = await visitor.submit("/login/second", { code: codeNow(secret) });
      assert.equal(spent.status, 403, "the code of the enrolment");
      const code = nextCode(secret);
      const answer = await visitor.submit("/login/second?return_to=%2Fconsole", { code });
      assert.deepEqual([answer.status, answer.location], [303, "/console"]);
      assert.equal((await visitor.get("/account")).status, 200);
      const thief = await firstStep(email);
      assert.equal((await thief.submit("/login/second", { code })).status, 403);
    });

    test("leaves no door open between the two steps (H8)", async () => {
      const { email } = await enrolled();
      const visitor = await firstStep(email);
      const note = visitor.cookies.get("countersign_sign_in")!;
      const cookies = [`countersign_sign_in=${note}`, `${session}=${note}`];
      for (const cookie of cookies) {
        for (const path of ["/v2/session", "/v2/app_clients", "/v2/users"]) {
          const headers = { cookie, origin: server.url };
          assert.equal((await call(server, "GET", path, { headers })).status, 401, path);
        }
        for (const path of ["/account", factors, "/login/confirm"]) {
          const answer = await createVisitor(server).get(path, { cookie });
          assert.equal(answer.status, 303, path);
          assert.match(answer.location ?? "", /^\/login\?/);
        }
      }
      const forged = createVisitor(server);
      forged.cookies.set("countersign_sign_in", `${note.slice(0, -2)}xx`);
      const answer = await forged.post("/login/second", { code: "000000" });
      assert.match(answer.location ?? "", /^\/login\?/);
    });

    test("has ten minutes, and the password that was checked (H8)", async () => {
      const { email, secret, visitor: owner } = await enrolled();
      const late = await firstStep(email);
      server.clock.advance(10 * 60_000);
      const code = codeNow(secret);
      assert.match((await late.post("/login/second", { code })).location ?? "", /^\/login\?/);
      const before = await firstStep(email);
      const change = { old_password: password, password: "another one that is long" };
      const changed = await owner.submit("/account", change, "/account/password");
      assert.equal(changed.location, "/account?done=password");
      const answer = await before.post("/login/second", { code: nextCode(secret) });
      assert.match(answer.location ?? "", /^\/login\?/);
    });

    test("gives way to each recovery code once, of two who bring it at once too", async () => {
      const { email, codes } = await enrolled();
      const visitors = [await firstStep(email), await firstStep(email)];
      const code = codes[0]!.toLowerCase();
      const answers = await Promise.all(
        visitors.map((visitor) => visitor.submit("/login/second", { code })),
      );
      const statuses = answers.map(({ status }) => status).toSorted((a, b) => a - b);
      assert.deepEqual(statuses, [303, 403]);
    });

    test("is not guessed: after twenty wrong codes only recovery codes count for an hour (H9)", async () => {
      const { email, secret, codes } = await enrolled();
      const visitor = await firstStep(email);
      for (let tries = 0; tries < 20; tries += 1) {
        const answer = await visitor.post("/login/second", { code: "not it" });
        assert.equal(answer.status, 403);
      }
      const right = await visitor.post("/login/second", { code: nextCode(secret) });
      assert.equal(right.status, 429);
      assert.equal((await visitor.post("/login/second", { code: codes[3]! })).status, 303);
    });

    test("is changed after a recent sign-in alone, by forms of ours alone (H1, H8)", async () => {
      const { visitor, codes } = await enrolled();
      for (const act of ["totp", "remove", "recovery_codes"]) {
        const path = `${factors}/${act}`;
        const forged = await visitor.post(path, {}, { origin: "https://evil.example" });
        assert.equal(forged.status, 403);
      }
      server.clock.advance(15 * 60_000);
      const stale = await visitor.get(factors);
      assert.match(stale.location ?? "", /^\/login\/confirm\?/);
      const removal = await visitor.post(`${factors}/recovery_codes`, {});
      assert.match(removal.location ?? "", /^\/login\/confirm\?/);
      await visitor.submit("/login/confirm", { password });
      const renewed = await visitor.post(`${factors}/recovery_codes`, {});
      assert.equal(renewed.status, 200);
      assert.ok(!renewed.text.includes(codes[0]!));
    });

    test("is taken by its owner alone: not from an offer to somebody else (H3)", async () => {
      const [one, other] = [await person(), await enrolled()];
      const page = await one.visitor.get(factors);
      const [, secret = ""] = /<code[^>]*>([A-Z2-7]{32})<\/code>/.exec(page.text) ?? [];
      const [, pending = ""] = /name="pending" value="([^"]+)"/.exec(page.text) ?? [];
      const code = codeNow(secret);
      const stolen = await other.visitor.post(`${factors}/totp`, { pending, code });
      assert.equal(stolen.location, factors);
      const wrong = await one.visitor.post(`${factors}/totp`, { pending, code: "000000" });
      assert.equal(wrong.status, 400);
      const list = await other.visitor.get(factors);
      const [, id = ""] = /name="id" value="(fct_\w+)"/.exec(list.text) ?? [];
      assert.equal((await one.visitor.post(`${factors}/remove`, { id })).status, 404);
      assert.equal((await other.visitor.post(`${factors}/remove`, { id })).status, 303);
      const back = await createVisitor(server).signIn(other.email, password);
      assert.equal(back.location, "/console", "the password alone does again");
    });

    test("is taken away by who holds as much, with all sessions, and that is written down (H4)", async () => {
      const { email, visitor } = await enrolled();
      const path = `/v2/users/${encodeURIComponent(email)}/remove_second_factors`;
      const client = await createAppClient(server, { api_roles: ["administrator"] });
      const headers = bearer(await tokenFor(server, client));
      const own = "/v2/users/owner%40localhost/remove_second_factors";
      assert.equal((await call(server, "POST", own, { headers })).status, 403, "an owner's");
      assert.equal((await call(server, "POST", path, { headers })).status, 204);
      assert.equal((await visitor.get("/account")).status, 303, "signed out");
      const again = createVisitor(server);
      assert.equal((await again.signIn(email, password)).location, "/console");
      assert.equal((await call(server, "POST", path, { headers })).status, 409);
      const nobody = "/v2/users/nobody/remove_second_factors";
      assert.equal((await call(server, "POST", nobody, { headers })).status, 404);
      const { body } = await call(server, "GET", "/v2/audit_events?limit=100");
      assert.match(JSON.stringify(body), /user\.second_factors_removed/);
    });

    test("leaves no secret behind in log and audit", async () => {
      const { secret, codes } = await enrolled();
      const { body } = await call(server, "GET", "/v2/audit_events?limit=100");
      const text = JSON.stringify(body) + server.logLines.join("\n");
      assert.match(text, /user\.factor_added/);
      for (const one of [secret, ...codes]) assert.ok(!text.includes(one));
    });
  });
}
