import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startServer, type InProcessServer } from "../../server/test/server.ts";
import { createVisitor } from "../../server/test/visitor.ts";
import { owner } from "./visit.ts";

describe("the console's files", () => {
  let server: InProcessServer;
  before(async () => {
    server = await startServer({
      COUNTERSIGN_BOOTSTRAP_OWNER_EMAIL: owner.email,
      COUNTERSIGN_BOOTSTRAP_OWNER_PASSWORD: owner.password,
    });
  });
  after(() => server.stop());

  const signedIn = async () => {
    const visitor = createVisitor(server);
    await visitor.signIn(owner.email, owner.password);
    return visitor;
  };

  test("are for who is signed in, and say where to come back to", async () => {
    const visitor = createVisitor(server);
    assert.equal((await visitor.get("/")).location, "/console");
    const sent = await visitor.get("/console/audit?x=1");
    assert.deepEqual(
      [sent.status, sent.location],
      [303, "/login?return_to=%2Fconsole%2Faudit%3Fx%3D1"],
    );
  });

  test("come with a policy that allows no inline script and no frame (H6)", async () => {
    const visitor = await signedIn();
    const [one, other] = [await visitor.get("/console"), await visitor.get("/console/audit")];
    const policy = one.headers.get("content-security-policy") ?? "";
    assert.match(policy, /script-src 'self';/);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.doesNotMatch(policy, /unsafe/);
    assert.equal(one.headers.get("cache-control"), "no-store");
    const nonceOf = (text: string) => /name="style-nonce" content="([\w-]{24})"/.exec(text)?.[1];
    assert.ok(policy.includes(`'nonce-${nonceOf(one.text)}'`));
    assert.notEqual(nonceOf(one.text), nonceOf(other.text));
    assert.doesNotMatch(one.text, /<script>|<style|onload=/);
  });

  test("are compressed, kept for long, and small", async () => {
    const visitor = await signedIn();
    const { text } = await visitor.get("/console");
    const names = [...text.matchAll(/(?:src|href)="(\/console\/assets\/[^"]+)"/g)].map(
      ([, name]) => name!,
    );
    let bytes = 0;
    for (const name of names) {
      const response = await fetch(server.url + name, { headers: { "accept-encoding": "br" } });
      assert.equal(response.status, 200);
      assert.match(response.headers.get("cache-control") ?? "", /immutable/);
      assert.equal(response.headers.get("x-content-type-options"), "nosniff");
      bytes += Number(response.headers.get("content-length"));
      if (/\.(js|css)$/.test(name)) assert.equal(response.headers.get("content-encoding"), "br");
    }
    assert.ok(names.length > 2);
    assert.ok(bytes < 250_000, `the first load is ${bytes} bytes`);
  });

  test("are nothing but what was built", async () => {
    const names = ["nothing.js", "..%2findex.html", "%2e%2e%2f%2e%2e%2fpackage.json", "index.html"];
    for (const name of names) {
      const { status } = await createVisitor(server).get(`/console/assets/${name}`);
      assert.equal(status, 404, name);
    }
  });
});
