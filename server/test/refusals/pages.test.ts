import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { call, createAppClient, tokenFor } from "../calls.ts";
import { freePort, startServer, type InProcessServer } from "../server.ts";
import { createVisitor } from "../visitor.ts";

const email = "owner@example.com";
const password = "a horse, a battery and a staple";
const owner = {
  COUNTERSIGN_BOOTSTRAP_OWNER_EMAIL: email,
  COUNTERSIGN_BOOTSTRAP_OWNER_PASSWORD: password,
};

describe("what browsers are told", () => {
  let server: InProcessServer;
  before(async () => {
    server = await startServer(owner);
  });
  after(() => server.stop());

  const answers = async () => {
    const person = createVisitor(server);
    await person.signIn(email, password);
    return [
      ...(await Promise.all(
        ["/login", "/setup", "/invitation?code=x", "/login/confirm"].map((path) =>
          createVisitor(server).get(path),
        ),
      )),
      await createVisitor(server).post("/login", { email, password }, {}),
      await createVisitor(server).post("/login", { email, password: "wrong and long" }),
      ...(await Promise.all(
        ["/account", "/logout", "/login/confirm"].map((path) => person.get(path)),
      )),
    ];
  };

  test("keeps pages out of frames and inline code out of pages (B13, H6)", async () => {
    for (const { headers, text } of await answers()) {
      const policy = headers.get("content-security-policy") ?? "";
      assert.match(policy, /default-src 'none'/);
      assert.match(policy, /frame-ancestors 'none'/);
      assert.match(policy, /base-uri 'none'/);
      assert.doesNotMatch(policy, /unsafe|\*|https?:/);
      assert.equal(headers.get("x-frame-options"), "DENY");
      assert.doesNotMatch(text, /<script(?![^>]* src=)|<style| style=| on\w+=/i);
    }
  });

  test("sends the other headers with every answer, pages and API alike (H6)", async () => {
    const api = await Promise.all(
      ["/v2/app_clients", "/v2/nothing", "/nothing", "/healthz", "/openapi.json"].map((path) =>
        fetch(server.url + path),
      ),
    );
    for (const { headers } of [...(await answers()), ...api]) {
      assert.equal(headers.get("x-content-type-options"), "nosniff");
      assert.equal(headers.get("referrer-policy"), "same-origin");
      assert.equal(headers.get("cross-origin-opener-policy"), "same-origin");
      assert.match(headers.get("content-security-policy") ?? "", /frame-ancestors 'none'/);
      assert.equal(headers.get("strict-transport-security"), null, "this is plain http");
      assert.equal(headers.get("server"), null);
      assert.equal(headers.get("x-powered-by"), null);
    }
    for (const { headers } of await answers()) {
      assert.equal(headers.get("cache-control"), "no-store");
    }
  });

  test("serves the style that pages name, to be kept", async () => {
    const { text } = await createVisitor(server).get("/login");
    const [, path = ""] = /rel="stylesheet" href="([^"]+)"/.exec(text) ?? [];
    const style = await fetch(server.url + path);
    assert.equal(style.status, 200);
    assert.match(style.headers.get("content-type") ?? "", /^text\/css/);
    assert.match(style.headers.get("cache-control") ?? "", /immutable/);
  });

  test("escapes what a stranger typed (H5)", async () => {
    const hostile = `"><script>alert(1)</script>'&`;
    const visitor = createVisitor(server);
    const answer = await visitor.submit("/login", { email: hostile, password: "x" });
    assert.ok(!answer.text.includes("<script>alert"));
    assert.match(answer.text, /value="&quot;&gt;&lt;script&gt;/);
  });

  test("refuses a form that is too large, twofold, or no text", async () => {
    const visitor = createVisitor(server);
    const large = await visitor.post("/login", { email, password: "x".repeat(20_000) });
    assert.equal(large.status, 413);
    const nul = await visitor.post("/login", { email: "a\0b", password });
    assert.equal(nul.status, 400);
    const response = await fetch(`${server.url}/login`, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded", origin: server.url },
      body: `email=${email}&email=other&password=x`,
    });
    assert.equal(response.status, 400);
    assert.match(response.headers.get("content-type") ?? "", /^text\/html/);
  });
});

describe("cookies", () => {
  test("are for this host, over https, and for no script (H2)", async () => {
    const port = await freePort();
    const server = await startServer({
      ...owner,
      COUNTERSIGN_PORT: String(port),
      COUNTERSIGN_PUBLIC_URL: "https://auth.example.com",
    });
    try {
      const local = { url: `http://127.0.0.1:${port}` };
      const person = createVisitor(local);
      const fields = { email, password };
      const answer = await person.post("/login", fields, { origin: "https://auth.example.com" });
      assert.equal(answer.status, 303);
      assert.match(answer.headers.get("strict-transport-security") ?? "", /max-age=31536000/);
      await createVisitor(local).get("/login");
      assert.ok(person.setCookies.length > 0);
      for (const cookie of person.setCookies) {
        assert.match(cookie, /^__Host-countersign_/);
        for (const attribute of ["Path=/", "HttpOnly", "SameSite=Lax", "Secure"]) {
          assert.ok(cookie.split("; ").includes(attribute), cookie);
        }
        assert.doesNotMatch(cookie, /domain=/i);
      }
    } finally {
      await server.stop();
    }
  });

  test("keep HttpOnly and SameSite over http, where the prefix would be refused (H2)", async () => {
    const server = await startServer(owner);
    try {
      const person = createVisitor(server);
      await person.signIn(email, password);
      for (const cookie of person.setCookies) {
        assert.match(cookie, /^countersign_/);
        for (const attribute of ["Path=/", "HttpOnly", "SameSite=Lax"]) {
          assert.ok(cookie.split("; ").includes(attribute), cookie);
        }
      }
    } finally {
      await server.stop();
    }
  });
});

describe("guessing passwords", () => {
  let server: InProcessServer;
  before(async () => {
    server = await startServer(owner);
  });
  after(() => server.stop());

  test("is throttled from the 101st on, alike for names that nobody has, and never what is right (H9)", async () => {
    const person = createVisitor(server);
    for (const login of [email, "nobody@example.com"]) {
      const statuses: number[] = [];
      for (let count = 0; count < 101; count += 1) {
        const answer = await person.post("/login", { email: login, password: `wrong ${count}` });
        statuses.push(answer.status);
      }
      assert.ok(statuses.slice(0, 100).every((status) => status === 403));
      assert.equal(statuses[100], 429);
    }
    const wrong = await person.post("/login", { email, password: "wrong again" });
    assert.equal(wrong.status, 429);
    assert.equal(wrong.headers.get("retry-after"), "60");
    assert.equal((await person.signIn(email, password)).status, 303);
  });

  test("in a flood keeps nobody from a token, and ends in 503 without a verdict (H9)", async () => {
    const client = await createAppClient(server, { api_roles: ["viewer"] });
    const flood = Array.from({ length: 60 }, (_, count) =>
      createVisitor(server).post("/login", { email: `n${count}@example.com`, password: "wrong" }),
    );
    assert.ok(await tokenFor(server, client));
    const statuses = (await Promise.all(flood)).map(({ status }) => status);
    const busy = statuses.filter((status) => status === 503);
    assert.ok(busy.length > 0);
    assert.ok(statuses.every((status) => status === 503 || status === 403 || status === 429));
    assert.equal((await createVisitor(server).signIn(email, password)).status, 303);
  });

  test("is told of in the refusals, without what was typed (H9, J1)", async () => {
    const secret = "a canary in a password";
    await createVisitor(server).post("/login", { email: "canary@example.com", password: secret });
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    const { body } = await call(server, "GET", "/v2/refusals?cause=sign_in_refused");
    const text = JSON.stringify(body);
    assert.match(text, /POST \/login/);
    const everything = text + server.logLines.join("\n");
    assert.ok(!everything.includes("canary"));
  });
});
