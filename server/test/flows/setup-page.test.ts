import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { call } from "../calls.ts";
import { startServer, type InProcessServer } from "../server.ts";
import { stores } from "../stores.ts";
import { createVisitor } from "../visitor.ts";

const filled = {
  name: "Ann <b>Miller</b>",
  email: "ann@example.com",
  password: "a horse, a battery and a staple",
};

for (const { name, settings } of stores) {
  describe(`the setup link on ${name}`, () => {
    let server: InProcessServer;
    before(async () => {
      server = await startServer({ ...(await settings()), COUNTERSIGN_BOOTSTRAP_API_KEY: "" });
    });
    after(() => server.stop());

    const link = () => `/setup?code=${server.app.setupCode}`;

    test("keeps its code when the page was only looked at, or filled in wrong (H1)", async () => {
      const visitor = createVisitor(server);
      assert.equal((await visitor.get(link())).status, 200);
      for (const wrong of [{ password: "short" }, { email: "nobody" }]) {
        const answer = await visitor.submit(link(), { ...filled, ...wrong });
        assert.equal(answer.status, 400);
        assert.match(answer.text, /role="alert"/);
        assert.match(answer.text, /value="Ann &lt;b&gt;Miller&lt;\/b&gt;"/);
      }
      const guess = await visitor.submit("/setup?code=AAAAA-AAAAA-AAAAA-AAAAA-AAAAA", filled);
      assert.equal(guess.status, 403);
    });

    test("takes no form that another site sent (H1)", async () => {
      const stranger = createVisitor(server);
      const fields = { ...filled, code: server.app.setupCode! };
      const answer = await stranger.post("/setup/owner", fields, {
        origin: "https://evil.example",
      });
      assert.equal(answer.status, 403);
    });

    test("makes one of two visitors the owner, signed in, and tells the other (H12)", async () => {
      const visitors = [createVisitor(server), createVisitor(server)];
      const answers = await Promise.all(
        visitors.map((visitor, index) =>
          visitor.submit(link(), { ...filled, email: `owner${index}@example.com` }),
        ),
      );
      const statuses = answers.map(({ status }) => status);
      assert.deepEqual(
        statuses.toSorted((a, b) => a - b),
        [303, 403],
      );
      const [winner, loser] = [statuses.indexOf(303), statuses.indexOf(403)];
      assert.match(answers[loser]!.text, /has an owner/);
      const account = await visitors[winner]!.get("/account");
      assert.match(account.text, /Ann &lt;b&gt;Miller/);
      assert.equal((await visitors[loser]!.get("/account")).status, 303);
      const back = await createVisitor(server).signIn(
        `owner${winner}@example.com`,
        filled.password,
      );
      assert.equal(back.status, 303);
    });

    test("is over once there is an owner, with the code or without (H12)", async () => {
      const visitor = createVisitor(server);
      for (const path of [link(), "/setup"]) {
        const page = await visitor.get(path);
        assert.equal(page.status, 403);
        assert.match(page.text, /has an owner/);
      }
      const fields = { ...filled, code: server.app.setupCode! };
      assert.equal((await visitor.post("/setup/owner", fields)).status, 403);
      const script = await call(server, "POST", "/setup", {
        body: { code: server.app.setupCode, email: "late@example.com" },
      });
      assert.equal(script.status, 403);
    });
  });
}

describe("a bootstrap password", () => {
  const email = "first@example.com";
  const password = "Passw0rd";

  test("makes the owner without a link, and is warned of when it is weak (H12)", async () => {
    const server = await startServer({
      COUNTERSIGN_BOOTSTRAP_API_KEY: "",
      COUNTERSIGN_BOOTSTRAP_OWNER_EMAIL: email,
      COUNTERSIGN_BOOTSTRAP_OWNER_PASSWORD: password,
    });
    try {
      assert.equal(server.app.setupCode, undefined);
      assert.equal((await createVisitor(server).signIn(email, password)).status, 303);
      const logs = server.logLines.join("\n");
      assert.match(logs, /would not be taken from a person/);
      assert.ok(!logs.includes(password));
    } finally {
      await server.stop();
    }
  });

  test("goes together with a bootstrap key", async () => {
    const server = await startServer({ COUNTERSIGN_BOOTSTRAP_OWNER_PASSWORD: password });
    try {
      assert.equal((await createVisitor(server).signIn("owner@localhost", password)).status, 303);
      assert.equal((await call(server, "GET", "/v2/app_clients")).status, 200);
    } finally {
      await server.stop();
    }
  });
});
