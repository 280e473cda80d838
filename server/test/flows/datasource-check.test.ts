import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, test } from "node:test";
import type { DatasourceCheck } from "@countersign/protocol/admin/datasource-checks.ts";
import { call } from "../calls.ts";
import { besideProvider } from "../outbound/beside-provider.ts";
import { makeDatasource } from "../outbound/calls.ts";
import { startOidcProvider } from "../outbound/oidc-provider.ts";
import { datasourceOf, send } from "../outbound/provider.ts";

/** The check before saving: what it finds, and what it never sends. */

const secret = "the-secret-of-the-datasource";

describe("the check of a datasource", () => {
  const { server, provider } = besideProvider();

  async function check(body: object): Promise<DatasourceCheck> {
    const answer = await call<DatasourceCheck>(server, "POST", "/v2/datasources/check", { body });
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    return answer.body;
  }
  const checkOf = (own: object) => check(datasourceOf(provider, own));
  const causesOf = ({ findings }: DatasourceCheck, field: string): string[] =>
    findings.filter((one) => one.field === field).map(({ cause }) => cause);

  test("finds nothing wrong where nothing is, and sends no secret", async () => {
    const seen = provider.tokenRequests.length;
    const checked = await checkOf({});
    assert.deepEqual(causesOf(checked, "access_token_url").toSorted(), [
      "plain_http",
      "token_endpoint_good",
    ]);
    assert.ok(causesOf(checked, "authorization_url").includes("url_good"));
    assert.ok(checked.findings.every(({ severity }) => severity !== "error"));
    const sent = JSON.stringify(provider.tokenRequests.slice(seen));
    assert.ok(!sent.includes(secret) && !sent.includes("the-client"), sent);
  });

  test("tells a host that is down, a path that is wrong, and a page for people apart", async () => {
    const pages = await listen((request, response) => {
      if (request.url === "/gone") return void response.writeHead(404).end("no");
      if (request.url === "/moved") return void response.writeHead(302, { location: "/x" }).end();
      response.writeHead(200, { "content-type": "text/html" }).end("<html>Sign in</html>");
    });
    const down = await listen(() => undefined);
    await down.stop();
    for (const [access_token_url, cause] of [
      [`${down.url}/token`, "host_unreachable"],
      [`${pages.url}/gone`, "not_found"],
      [`${pages.url}/login`, "answers_page"],
      [`${pages.url}/moved`, "redirects"],
      [pages.url.replace("http:", "https:"), "tls_failed"],
      ["http://10.0.0.1/token", "address_refused"],
      ["not a url", "setting_wrong"],
    ] as const) {
      const checked = await checkOf({ access_token_url });
      const found = causesOf(checked, "access_token_url");
      assert.ok(found.includes(cause), `${access_token_url}: ${found.join()}`);
      assert.equal(checked.findings[0]!.severity, "error");
      assert.notEqual(checked.findings[0]!.fix, "");
    }
    await pages.stop();
  });

  test("asks for what a known provider wants before it gives refresh tokens", async () => {
    const google = "https://accounts.google.com/o/oauth2/v2/auth";
    const checked = await checkOf({ authorization_url: google, scopes: ["a;b"] });
    assert.ok(causesOf(checked, "profile").includes("profile_exists"));
    const missing = checked.findings.filter(({ cause }) => cause === "offline_missing");
    assert.deepEqual(
      missing.map(({ message }) => message.split(":")[0]),
      ["access_type=offline", "prompt=consent"],
    );
    assert.ok(causesOf(checked, "scopes").includes("scope_separator"));
  });

  test("does without what a profile proposes where null is given", async () => {
    const profile = { profile: "google", revocation_url: null, allowed_hosts: null };
    const checked = await checkOf({ ...profile, access_token_url: null });
    const [missing] = checked.findings.filter(({ field }) => field === "access_token_url");
    assert.equal(missing?.severity, "error", JSON.stringify(checked));
    assert.match(missing.message, /missing/);
  });

  test("compares with what an independent provider publishes, and finds how it wants the client", async (t) => {
    const client_secret = "a secret: with+signs/in%it, long enough";
    const redirect_uris = [`${server.url}/api/v1/datasources/authorize`];
    const client = {
      client_secret,
      redirect_uris,
      grant_types: ["authorization_code"],
      application_type: "native",
      id_token_signed_response_alg: "ES256",
    };
    const oidc = await startOidcProvider([
      { ...client, client_id: "c-basic", token_endpoint_auth_method: "client_secret_basic" },
      { ...client, client_id: "c-post", token_endpoint_auth_method: "client_secret_post" },
    ]);
    t.after(() => oidc.stop());
    const { issuer } = oidc;
    const common = { name: "x", issuer, client_secret, detect_client_authentication: true };
    for (const [client_id, set, wanted] of [
      ["c-basic", "json", "basic"],
      ["c-post", "basic", "basic"],
      ["c-post", "body", "body"],
    ] as const) {
      const own = { client_authentication: set, access_token_url: `${issuer}/token` };
      const checked = await check({ ...common, ...own, client_id, scopes: "openid, nonsense" });
      const { accepted } = checked.client_authentication!;
      const shown = JSON.stringify(checked.client_authentication);
      assert.deepEqual(accepted, { client_authentication: wanted, body_format: "form" }, shown);
      const cause = set === wanted ? "found" : "differs";
      const found = causesOf(checked, "client_authentication");
      assert.deepEqual(found, [`client_authentication_${cause}`]);
      const scopes = causesOf(checked, "scopes").toSorted();
      assert.deepEqual(scopes, ["offline_missing", "scope_unknown"]);
    }
    const refused = await check({
      ...common,
      access_token_url: `${issuer}/token`,
      client_id: "c-post",
      client_secret: "wrong",
    });
    assert.ok(causesOf(refused, "client_authentication").every((one) => !one.endsWith("_found")));
    assert.equal(refused.client_authentication!.accepted, undefined);
    assert.ok(refused.client_authentication!.tried.length <= 5);
    const slash = await check({ ...common, issuer: `${issuer}/`, client_id: "c-post" });
    assert.ok(causesOf(slash, "issuer").length > 0);
  });

  test("does not say that it knows where any secret would do", async () => {
    provider.onToken = (_, response) => {
      send(response, 400, { error: "invalid_grant" });
      return true;
    };
    const checked = await checkOf({ detect_client_authentication: true });
    provider.onToken = undefined;
    assert.equal(checked.client_authentication!.accepted, undefined);
    assert.deepEqual(causesOf(checked, "client_authentication"), ["client_authentication_unknown"]);
  });

  test("stops asking when the provider wants fewer requests", async () => {
    provider.onToken = (_, response) => {
      send(response, 429, { error: "slow_down" });
      return true;
    };
    const checked = await checkOf({ detect_client_authentication: true });
    provider.onToken = undefined;
    assert.equal(checked.client_authentication!.tried.length, 1);
  });

  test("sends a stored secret to no host that did not have it before", async () => {
    const heard: string[] = [];
    const elsewhere = await listen((request, response) => {
      void hear(request).then(() => send(response, 401, { error: "invalid_client" }));
    });
    const hear = async (request: IncomingMessage): Promise<void> => {
      heard.push(JSON.stringify(request.headers) + (await textOf(request)));
    };
    const datasource_id = await makeDatasource(server, provider);
    const asked = { datasource_id, detect_client_authentication: true };
    const before = provider.tokenRequests.length;
    await check(asked);
    const own = JSON.stringify(provider.tokenRequests.slice(before));
    assert.ok(own.includes(secret), "the host that has it may be asked");
    await check({ ...asked, access_token_url: `${elsewhere.url}/token` });
    assert.ok(heard.length > 0);
    const basic = Buffer.from(`the-client:${secret}`).toString("base64");
    for (const text of heard) assert.ok(!text.includes(secret) && !text.includes(basic), text);
    await elsewhere.stop();
  });

  test("answers what is not there and what is not understood in its own words", async () => {
    const path = "/v2/datasources/check";
    const missing = await call(server, "POST", path, { body: { datasource_id: "dsr_none" } });
    assert.equal(missing.status, 404);
    const profile = await call(server, "POST", path, { body: { profile: "nobody" } });
    assert.equal(profile.status, 400);
    const empty = await check({});
    assert.ok(causesOf(empty, "client_id").includes("setting_wrong"));
  });
});

async function listen(listener: RequestListener) {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
