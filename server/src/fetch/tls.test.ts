import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { createAuthority, type TestCertificate } from "../../test/certificates.ts";
import { serveHttps } from "../../test/listening.ts";
import { FetchFailed, FetchRefused } from "./fetch-error.ts";
import { createFetch } from "./fetch.ts";

const authority = createAuthority();
const good = authority.issue(["localhost", "127.0.0.1", "api.example"]);

async function serveTls(test: TestContext, { certificate, key }: TestCertificate, tls = {}) {
  const fetch = createFetch({ allow: ["127.0.0.0/8"], resolve: async () => ["127.0.0.1"] });
  test.after(() => fetch.close());
  let requests = 0;
  const server = await serveHttps(test, { cert: certificate, key, ...tls }, (request, answer) => {
    requests += 1;
    const { servername } = request.socket as unknown as { servername: string };
    answer.end(JSON.stringify({ servername, host: request.headers.host }));
  });
  return {
    requests: () => requests,
    ask: (host = "localhost", certificateAuthority: string | undefined = authority.certificate) =>
      fetch.request({ url: `https://${host}:${server.port}/`, certificateAuthority }),
    port: server.port,
  };
}

const isTlsFailure = (error: unknown): boolean =>
  error instanceof FetchFailed && error.reason === "tls" && error.phase === "before_sending";

test("G20 keeps the name for SNI, certificate and Host while the address is the checked one", async (t) => {
  const { ask, port } = await serveTls(t, good);
  const { body } = await ask("api.example");
  assert.deepEqual(JSON.parse(String(body)), {
    servername: "api.example",
    host: `api.example:${port}`,
  });
});

test("G20 refuses self-signed, foreign, expired and wrongly named certificates", async (t) => {
  const foreign = createAuthority().issue(["localhost"]);
  for (const bad of [
    foreign,
    authority.issue(["localhost"], { isExpired: true }),
    authority.issue(["other.example"]),
    createAuthority(),
  ]) {
    const { ask, requests } = await serveTls(t, bad);
    await assert.rejects(ask(), isTlsFailure);
    assert.equal(requests(), 0);
  }
});

test("G20 trusts a CA only for requests that bring it", async (t) => {
  const { ask } = await serveTls(t, good);
  assert.equal((await ask()).status, 200);
  await assert.rejects(ask("localhost", ""), isTlsFailure);
  await assert.rejects(ask("localhost", createAuthority().certificate), isTlsFailure);
  assert.equal((await ask()).status, 200);
});

test("G20 verifies whatever the environment says", async (t) => {
  const { ask } = await serveTls(t, good);
  process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0";
  t.after(() => delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"]);
  await assert.rejects(ask("localhost", ""), isTlsFailure);
});

test("G20 speaks TLS 1.2 and newer", async (t) => {
  const old = { minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "DEFAULT:@SECLEVEL=0" };
  const { ask } = await serveTls(t, good, old);
  await assert.rejects(ask(), isTlsFailure);
  const { ask: askNewer } = await serveTls(t, good, { maxVersion: "TLSv1.2" });
  assert.equal((await askNewer()).status, 200);
});

test("refuses a CA that is none", async (t) => {
  const { ask } = await serveTls(t, good);
  const begin = "-----BEGIN CERTIFICATE-----";
  for (const text of ["x", good.key, `${begin}\nAAAA\n-----END CERTIFICATE-----`]) {
    await assert.rejects(
      ask("localhost", text),
      (error) => error instanceof FetchRefused && error.reason === "certificate_authority",
    );
  }
});
