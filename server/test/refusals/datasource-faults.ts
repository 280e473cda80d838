import assert from "node:assert/strict";
import { call, type Answer } from "../calls.ts";
import type { TestServer } from "../server.ts";
import { createVisitor } from "../visitor.ts";
import { asking, fault, idOf, making, type FaultCase } from "./fault-case.ts";

/** What needs a write, of datasources and connections. */

const path = "/v2/datasources";

const datasourceBody = (name: string) => ({
  name,
  grant_type: "authorization_code",
  base_url: "https://api.example.com",
  access_token_url: "https://provider.example.com/token",
  authorization_url: "https://provider.example.com/authorize",
  client_id: "the-client",
  client_secret: "the-secret",
  scopes: "read, write",
});

const make = making(path, datasourceBody);
const pathOf = idOf(path);

async function connect(server: TestServer, own: string): Promise<{ list: string; one: string }> {
  const list = `${pathOf(await make(server, own))}/connections`;
  const made = await call<{ id: string }>(server, "POST", list, { body: {} });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  return { list, one: `/v2/connections/${made.body.id}` };
}

/** As far as the provider, in a browser of its own. */
async function begin(server: TestServer, own: string) {
  const list = `${pathOf(await make(server, own))}/connections`;
  const made = await call<{ connect_url: string }>(server, "POST", list, { body: {} });
  const visitor = createVisitor(server);
  const get = async (path: string): Promise<Answer> => {
    const { status, headers } = await visitor.get(path);
    return { status, headers, body: {} };
  };
  const start = `${new URL(made.body.connect_url).pathname}/start`;
  const sent = await visitor.get(start);
  assert.equal(sent.status, 303, sent.text);
  return { get, state: new URL(sent.location!).searchParams.get("state")! };
}

export const datasourceFaults: FaultCase[] = [
  {
    write: "consumeSingleUse",
    table: "single_uses",
    act: "come back from a provider",
    async prepare(server, own) {
      const { get, state } = await begin(server, own);
      return () => get(`/api/v1/datasources/authorize?error=access_denied&state=${state}`);
    },
  },
  {
    write: "insertConnection",
    table: "connections",
    act: "make a connection",
    async prepare(server, own) {
      const at = pathOf(await make(server, own));
      return () => call(server, "POST", `${at}/connections`, { body: { owner: own } });
    },
  },
  {
    write: "updateConnection",
    table: "connections",
    act: "disable a connection",
    async prepare(server, own) {
      const { one } = await connect(server, own);
      return () => call(server, "PATCH", one, { body: { enabled: false } });
    },
  },
  {
    write: "moveTokens",
    table: "connections",
    act: "bring a refresh token along for a connection that is there",
    async prepare(server, own) {
      const { list } = await connect(server, own);
      return () => call(server, "POST", list, { body: { refresh_token: "rt-of-before" } });
    },
  },
  {
    write: "deleteConnection",
    table: "connections",
    act: "delete a connection",
    async prepare(server, own) {
      const { one } = await connect(server, own);
      return () => call(server, "DELETE", one);
    },
  },
  fault(
    "insertDatasource",
    "datasources",
    "create a datasource",
    asking("POST", path, datasourceBody),
  ),
  fault(
    "updateDatasource",
    "datasources",
    "change a datasource",
    asking("PATCH", pathOf, { name: "another" }, make),
  ),
  fault(
    "deleteDatasource",
    "datasources",
    "delete a datasource",
    asking("DELETE", pathOf, undefined, make),
  ),
];
