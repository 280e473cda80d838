import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { User } from "@countersign/protocol/admin/users.ts";
import { call } from "../calls.ts";
import { startServer, type InProcessServer } from "../server.ts";
import { stores } from "../stores.ts";
import { createVisitor } from "../visitor.ts";

const password = "purple elephants dance slowly";
type Invited = User & { sign_in_url: string; one_time_code: string };

for (const { name, settings } of stores) {
  describe(`invitations on ${name}`, () => {
    let server: InProcessServer;
    let count = 0;
    before(async () => {
      server = await startServer(await settings());
    });
    after(() => server.stop());

    const invite = async (headers: Record<string, string> = {}) => {
      count += 1;
      const answer = await call<Invited>(server, "POST", "/v2/users", {
        body: { email: `guest${count}@example.com`, name: "Guest", api_roles: ["viewer"] },
        headers: { "x-api-key": server.apiKey, ...headers },
      });
      assert.equal(answer.status, 201);
      const { pathname, search } = new URL(answer.body.sign_in_url);
      return { ...answer.body, path: pathname + search };
    };
    const userPath = ({ username }: User) => `/v2/users/${encodeURIComponent(username)}`;

    test("begin with the configured URL, whatever the request says (H7)", async () => {
      const forged = {
        origin: "https://evil.example",
        "x-forwarded-host": "evil.example",
        forwarded: "host=evil.example",
      };
      const { sign_in_url: link } = await invite(forged);
      assert.ok(link.startsWith(`${server.url}/invitation?code=`));
    });

    test("let a person choose a password once, and sign the person in", async () => {
      const guest = await invite();
      const visitor = createVisitor(server);
      assert.match((await visitor.get(guest.path)).text, /For guest\d+@example\.com/);
      assert.equal((await visitor.submit(guest.path, { password: "short" })).status, 400);
      const answer = await visitor.submit(guest.path, { password });
      assert.deepEqual([answer.status, answer.location], [303, "/console"]);
      assert.equal((await visitor.get("/account")).status, 200);
      assert.equal((await createVisitor(server).get(guest.path)).status, 403);
      const again = { code: guest.one_time_code, password: "another one, long enough" };
      assert.equal((await createVisitor(server).post("/invitation", again)).status, 403);
      assert.equal((await createVisitor(server).signIn(guest.email, password)).status, 303);
    });

    test("are won by one of two who come at once (H4)", async () => {
      const guest = await invite();
      const answers = await Promise.all(
        [0, 1].map((index) =>
          createVisitor(server).submit(guest.path, { password: `${password} ${index}` }),
        ),
      );
      const statuses = answers.map(({ status }) => status).toSorted((a, b) => a - b);
      assert.deepEqual(statuses, [303, 403]);
    });

    test("are void after a week, for who is disabled, and when another is made", async () => {
      const disabled = await invite();
      await call(server, "PATCH", userPath(disabled), { body: { enabled: false } });
      const replaced = await invite();
      const reset = await call<Invited>(server, "POST", `${userPath(replaced)}/reset_password`);
      for (const { path } of [disabled, replaced]) {
        assert.equal((await createVisitor(server).get(path)).status, 403);
      }
      const { pathname, search } = new URL(reset.body.sign_in_url);
      const late = await invite();
      assert.equal((await createVisitor(server).get(pathname + search)).status, 200);
      server.clock.advance(7 * 86_400_000);
      assert.equal((await createVisitor(server).get(late.path)).status, 403);
    });

    test("of a reset take the old password away at once (C15)", async () => {
      const guest = await invite();
      await createVisitor(server).submit(guest.path, { password });
      const reset = await call<Invited>(server, "POST", `${userPath(guest)}/reset_password`);
      assert.equal((await createVisitor(server).signIn(guest.email, password)).status, 403);
      const { pathname, search } = new URL(reset.body.sign_in_url);
      const next = "green elephants dance faster";
      const visitor = createVisitor(server);
      assert.equal((await visitor.submit(pathname + search, { password: next })).status, 303);
      assert.equal((await createVisitor(server).signIn(guest.email, next)).status, 303);
    });

    test("hand ownership on, and the last owner stays, also of two who leave at once (H4)", async () => {
      const body = { api_roles: ["owner"] };
      const [one, two] = [await invite(), await invite()];
      for (const owner of [one, two]) {
        assert.equal((await call(server, "PATCH", userPath(owner), { body })).status, 200);
      }
      const first = await call(server, "DELETE", "/v2/users/owner%40localhost");
      assert.equal(first.status, 204);
      const people = [createVisitor(server), createVisitor(server)];
      await Promise.all(
        [one, two].map((owner, index) => people[index]!.submit(owner.path, { password })),
      );
      const leaving = await Promise.all(
        [one, two].map(async (owner, index) => {
          const cookie = [...people[index]!.cookies].map((pair) => pair.join("=")).join("; ");
          const headers = { cookie, origin: server.url };
          return (await call(server, "DELETE", userPath(owner), { headers })).status;
        }),
      );
      assert.deepEqual(
        leaving.toSorted((a, b) => a - b),
        [204, 409],
      );
    });
  });
}
