import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, test } from "node:test";
import type {
  CheckDatasource,
  DatasourceCheck,
} from "@countersign/protocol/admin/datasource-check.ts";
import { call } from "../calls.ts";
import { loopback, startOutsideProvider, type OutsideProvider } from "../outbound/provider.ts";
import { startServer, type InProcessServer } from "../server.ts";

/** `POST /v2/datasources/check`: what is wrong with a datasource, before anybody finds out. */

const secret = "a-secret-of-the-provider";

describe("checking a datasource", () => {
  let server: InProcessServer;
  let provider: OutsideProvider;
  const opened: Server[] = [];
  before(async () => {
    provider = await startOutsideProvider();
    server = await startServer(loopback);
  });
  after(async () => {
    await server.stop();
    await provider.stop();
    for (const one of opened) one.close();
  });

  const listen = async (handler: RequestListener): Promise<string> => {
    const one = createServer(handler);
    opened.push(one);
    await new Promise<void>((resolve) => one.listen(0, "127.0.0.1", () => resolve()));
    return `http://127.0.0.1:${(one.address() as AddressInfo).port}`;
  };
  const good = (): CheckDatasource => ({
    base_url: `${provider.url}/api`,
    grant_type: "authorization_code",
    access_token_url: `${provider.url}/token`,
    authorization_url: `${provider.url}/authorize`,
    client_id: "the-client",
    client_secret: secret,
    client_authentication: "body",
    scopes: "read",
  });
  const check = async (own: CheckDatasource = {}): Promise<DatasourceCheck> => {
    const body = { ...good(), ...own };
    const answer = await call<DatasourceCheck>(server, "POST", "/v2/datasources/check", { body });
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    return answer.body;
  };
  /** But for plain http, which a test has to use. */
  const codes = ({ findings }: DatasourceCheck): string[] =>
    findings.filter(({ code }) => code !== "settings").map(({ field, code }) => `${field} ${code}`);

  test("finds nothing where nothing is wrong, and sends no secret", async () => {
    const before = provider.tokenRequests.length;
    assert.deepEqual(codes(await check()), []);
    const [probe] = provider.tokenRequests.slice(before);
    assert.ok(!JSON.stringify(probe).includes(secret));
  });

  test("says that an address cannot be reached, is a page, or is not there", async () => {
    const closed = await listen(() => undefined);
    opened.pop()!.close();
    const page = await listen((_request, response) => {
      response.writeHead(200, { "content-type": "text/html" });
      response.end("<!doctype html><title>Sign in</title>");
    });
    const nothing = await listen((_request, response) => void response.writeHead(404).end());
    const of = async (url: string) => codes(await check({ access_token_url: url }));
    assert.deepEqual(await of(`${closed}/token`), ["access_token_url unreachable"]);
    assert.deepEqual(await of(`${page}/token`), ["access_token_url token_url_is_page"]);
    assert.deepEqual(await of(`${nothing}/token`), ["access_token_url token_url_wrong"]);
    assert.deepEqual(await of("http://169.254.169.254/token"), [
      "access_token_url address_refused",
    ]);
    const page404 = codes(await check({ authorization_url: `${nothing}/authorize` }));
    assert.deepEqual(page404, ["authorization_url authorization_url_wrong"]);
  });

  test("names what is missing in the form, and calls nobody for it", async () => {
    const before = provider.tokenRequests.length;
    const { client_id: _, ...given } = good();
    const body = { ...given, access_token_url: "nonsense" };
    const answer = await call<DatasourceCheck>(server, "POST", "/v2/datasources/check", { body });
    const { findings } = answer.body;
    const errors = findings
      .filter(({ severity }) => severity === "error")
      .map(({ field }) => field);
    assert.deepEqual(
      errors.toSorted((a, b) => a.localeCompare(b)),
      ["access_token_url", "client_id"],
    );
    assert.equal(provider.tokenRequests.length, before);
  });

  test("asks the issuer about scopes, and for what gives a refresh token", async () => {
    const issuer: string = await listen((request, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      const url = `http://${request.headers.host}`;
      const endpoints = { token_endpoint: `${url}/token`, authorization_endpoint: `${url}/auth` };
      const scopes_supported = ["read", "offline_access"];
      response.end(JSON.stringify({ issuer: url, ...endpoints, scopes_supported }));
    });
    const found = codes(await check({ issuer, scopes: "read, raed" }));
    assert.deepEqual(found, [
      "scopes scope_unknown",
      "scopes offline_missing",
      "access_token_url differs_from_issuer",
    ]);
  });

  test("knows a provider by its address, and what its profile asks for", async () => {
    const { findings } = await check({
      access_token_url: "https://oauth2.googleapis.com/token",
      authorization_url: `${provider.url}/authorize`,
    });
    const known = findings.find(({ code }) => code === "profile_known");
    assert.match(known!.message, /Google/);
  });

  test("finds out which client authentication the provider takes", async () => {
    const seen: string[] = [];
    const isBasic = ({ headers }: IncomingMessage): boolean =>
      headers.authorization === `Basic ${btoa(`the-client:${secret}`)}`;
    const url = await listen((request, response) => {
      seen.push(request.headers.authorization === undefined ? "none or body" : "basic");
      const error = isBasic(request) ? "invalid_grant" : "invalid_client";
      response.writeHead(isBasic(request) ? 400 : 401, { "content-type": "application/json" });
      response.end(JSON.stringify({ error }));
    });
    const own = { access_token_url: url, detect_client_authentication: true };
    const wrong = await check(own);
    assert.deepEqual(
      wrong.tried.map((one) => [one.client_authentication, one.accepted, one.error]),
      [
        ["body", false, "invalid_client"],
        ["basic", true, "invalid_grant"],
      ],
    );
    assert.deepEqual(codes(wrong), ["client_authentication client_authentication_wrong"]);
    const right = await check({ ...own, client_authentication: "basic" });
    assert.deepEqual(codes(right), []);
    const none = await check({ ...own, client_secret: "another" });
    assert.deepEqual(codes(none), ["client_secret client_refused"]);
    assert.ok(seen.length <= 1 + 2 + 1 + 4);
  });

  test("uses a stored secret where it went before, and nowhere else", async () => {
    const { body } = await call<{ id: string }>(server, "POST", "/v2/datasources", {
      body: { name: "Stored", ...good() },
    });
    const ask = (own: CheckDatasource) =>
      call<DatasourceCheck>(server, "POST", "/v2/datasources/check", {
        body: { datasource_id: body.id, detect_client_authentication: true, ...own },
      });
    const before = provider.tokenRequests.length;
    const stored = await ask({});
    assert.equal(stored.body.tried[0]!.accepted, true);
    assert.equal(provider.tokenRequests[before]!.parameters["client_secret"], secret);
    let thief = "";
    const elsewhere = await listen((request, response) => {
      request.on("data", (chunk: Buffer) => (thief += chunk.toString()));
      response.writeHead(400).end();
    });
    const moved = await ask({ access_token_url: `${elsewhere}/token` });
    assert.equal(moved.status, 400);
    assert.equal(thief, "");
    assert.equal((await ask({ datasource_id: "dsr_none" })).status, 404);
  });
});
