import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, test } from "node:test";
import { CreateDatasource } from "@countersign/protocol/admin/datasources.ts";
import { call } from "../calls.ts";
import { throughProxy } from "../outbound/calls.ts";
import {
  datasourceOf,
  loopback,
  startOutsideProvider,
  type OutsideProvider,
} from "../outbound/provider.ts";
import { startServer, type InProcessServer } from "../server.ts";

/**
 * Whoever may describe a datasource names addresses for us to call. None of them leads to where the
 * operator did not permit it, whichever field it stands in. The provider is at 127.0.0.1, which is
 * permitted, so that every step before the one under attack succeeds; what must not be reached is at ::1.
 */

const fields = Object.keys(CreateDatasource.properties).filter(
  (name) => name.endsWith("_url") || name === "issuer",
);
/** Calls that nobody makes for the server: a person's browser goes there, or no profile asks for it. */
const neverCalled = new Set(["authorization_url", "introspection_url", "userinfo_url"]);

let provider: OutsideProvider;
let inside: Server;
let insideUrl: string;
let connections = 0;

before(async () => {
  provider = await startOutsideProvider();
  inside = createServer((_request, response) => response.end("{}"));
  inside.on("connection", () => (connections += 1));
  inside.listen(0, "::1");
  await once(inside, "listening");
  insideUrl = `http://[::1]:${(inside.address() as AddressInfo).port}`;
});

after(async () => {
  inside.closeAllConnections();
  inside.close();
  await provider.stop();
});

/** A datasource with one address of its own; what an issuer is asked for must be missing. */
const describedBy = (field: string, url: string): object => ({
  ...(field === "issuer" ? { access_token_url: undefined, authorization_url: undefined } : {}),
  [field]: `${url}/inside`,
});

/** All that an address of a datasource can be used for, whatever comes of it. */
async function useAll(server: InProcessServer, own: object): Promise<void> {
  const body = datasourceOf(provider, own);
  const made = await call(server, "POST", "/v2/datasources", { body });
  if (made.status !== 201) return;
  const path = `/v2/datasources/${String(made.body["id"])}/connections`;
  const refresh_token = provider.issueRefreshToken();
  const connected = await call(server, "POST", path, { body: { refresh_token } });
  const id = String(connected.body["id"]);
  await call(server, "POST", `/v2/connections/${id}/refresh`);
  await throughProxy(server, id);
  await call(server, "POST", `/v2/connections/${id}/token`);
  await call(server, "DELETE", `/v2/connections/${id}`);
}

describe("addresses inside", () => {
  let server: InProcessServer;
  before(async () => {
    server = await startServer({ ...loopback, COUNTERSIGN_OUTBOUND_ALLOW: "127.0.0.1/32" });
  });
  after(() => server.stop());

  for (const field of fields) {
    test(`G8: are not called as ${field}, nor by a name or another way to write them`, async () => {
      const { port } = new URL(insideUrl);
      const spellings = [
        insideUrl,
        `https://[::1]:${port}`,
        `https://[0:0:0:0:0:0:0:1]:${port}`,
        `https://localhost:${port}`,
        `https://ip6-localhost:${port}`,
      ];
      for (const url of spellings) await useAll(server, describedBy(field, url));
      assert.equal(connections, 0);
    });
  }
});

describe("addresses inside that the operator permits", () => {
  let server: InProcessServer;
  before(async () => {
    const allow = "127.0.0.1/32,::1/128";
    server = await startServer({ ...loopback, COUNTERSIGN_OUTBOUND_ALLOW: allow });
  });
  after(() => server.stop());

  for (const field of fields.filter((name) => !neverCalled.has(name))) {
    test(`are called as ${field}: the test above would notice`, async () => {
      const before = connections;
      await useAll(server, describedBy(field, insideUrl));
      // A connection is kept for the next request: each field has one of its own.
      inside.closeAllConnections();
      assert.ok(connections > before);
    });
  }
});
