import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import axios from "axios";
import qs from "qs";
import { bearer, call, createAppClient, type CreatedAppClient } from "../calls.ts";
import { startServer, type InProcessServer } from "../server.ts";

/**
 * The programs that users of the corpora platform have already, letter by letter but for the address;
 * and what its own SDKs were seen to send.
 */
describe("programs that exist already", () => {
  let server: InProcessServer;
  let client: CreatedAppClient;
  before(async () => {
    server = await startServer();
    client = await createAppClient(server, { api_roles: ["corpus_viewer"] });
  });
  after(() => server.stop());

  const checkUsable = async (jwt: unknown): Promise<void> => {
    assert.equal(typeof jwt, "string");
    const corpora = await call(server, "GET", "/v2/corpora", { headers: bearer(String(jwt)) });
    assert.equal(corpora.status, 200);
  };

  test("axios and qs, as in the documentation", async () => {
    const {
      data: { access_token: jwt },
    } = await axios<{ access_token: string }>({
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      data: qs.stringify({
        grant_type: "client_credentials",
        client_id: client.client_id,
        client_secret: client.client_secret,
      }),
      url: `${server.url}/oauth2/token`,
    });
    await checkUsable(jwt);
  });

  test("curl, as in the documentation", async () => {
    const { client_id, client_secret } = client;
    const { stdout } = await curl([
      "-XPOST",
      "-H",
      "Content-type: application/x-www-form-urlencoded",
      "-d",
      `grant_type=client_credentials&client_id=${client_id}&client_secret=${client_secret}`,
      `${server.url}/oauth2/token`,
    ]);
    const token = JSON.parse(stdout) as Record<string, unknown>;
    assert.deepEqual([token["token_type"], token["expires_in"]], ["Bearer", 1_800]);
    await checkUsable(token["access_token"]);
  });

  test("curl with its own Basic, which knows no form encoding (A5)", async () => {
    const user = `${client.client_id}:${client.client_secret}`;
    const grant = "grant_type=client_credentials";
    const { stdout } = await curl(["-u", user, "-d", grant, `${server.url}/oauth2/token`]);
    await checkUsable((JSON.parse(stdout) as Record<string, unknown>)["access_token"]);
  });

  test("a generated client that sends JSON without a grant type", async () => {
    const { client_id, client_secret } = client;
    const send = (path: string) =>
      fetch(server.url + path, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ client_id, client_secret }),
      });
    const answer = await send("/oauth/token");
    assert.equal(answer.status, 200);
    await checkUsable(((await answer.json()) as Record<string, unknown>)["access_token"]);
    const refused = await send("/oauth2/token");
    assert.equal(refused.status, 415);
    assert.equal(((await refused.json()) as Record<string, unknown>)["error"], "invalid_request");
  });

  test("a client that sends a Bearer token and an API key along, which mean nothing there", async () => {
    const { client_id, client_secret } = client;
    for (const authorization of ["Bearer something.old.or-wrong", "bearer x"]) {
      const answer = await fetch(`${server.url}/oauth2/token`, {
        method: "POST",
        headers: { authorization, "x-api-key": "zut_of-somebody-else" },
        body: new URLSearchParams({ client_id, client_secret, grant_type: "client_credentials" }),
      });
      assert.equal(answer.status, 200);
      await checkUsable(((await answer.json()) as Record<string, unknown>)["access_token"]);
    }
  });

  test("samples that repeat the id in the body and send a redirect_uri of null", async () => {
    const { client_id, client_secret } = client;
    const basic = Buffer.from(`${client_id}:${client_secret}`).toString("base64");
    const answer = await fetch(`${server.url}/oauth2/token`, {
      method: "POST",
      headers: { authorization: `Basic ${basic}` },
      body: new URLSearchParams({
        grant_type: "client_credentials",
        client_id,
        redirect_uri: "null",
      }),
    });
    assert.equal(answer.status, 200);
    await checkUsable(((await answer.json()) as Record<string, unknown>)["access_token"]);
  });
});

const run = promisify(execFile);

/** Every machine that builds has it; where it is missing the test says so. */
const curl = (parameters: string[]) =>
  run("curl", ["--silent", "--show-error", ...parameters]).catch((error: unknown) => {
    const isMissing = (error as NodeJS.ErrnoException).code === "ENOENT";
    throw isMissing ? new Error("curl is needed for this test and is not installed") : error;
  });
