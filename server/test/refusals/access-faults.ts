import assert from "node:assert/strict";
import { call, createAppClient } from "../calls.ts";
import type { TestServer } from "../server.ts";
import { asking, fault, idOf, making, type FaultCase, type Prepare } from "./fault-case.ts";

/** What needs a write, of those who ask for tokens and of what they may do. */

interface Kind {
  thing: string;
  path: string;
  body(own: string): object;
  /** Where one that was made is. */
  one(made: Record<string, unknown>): string;
  noun: "Client" | "User" | "ApiKey";
  table: string;
  /** Where it shows that one is gone, if not there. */
  goneFrom?: string;
}

/** What there is to do with all of them. */
function principal({ thing, path, body, one, noun, table, goneFrom = table }: Kind): FaultCase[] {
  const make = making(path, body);
  const disable = asking("PATCH", one, { enabled: false }, make);
  const remove = asking("DELETE", one, undefined, make);
  return [
    fault(`insert${noun}`, table, `create ${thing}`, asking("POST", path, body)),
    fault(`update${noun}`, "revocations", `disable ${thing}`, disable),
    fault(`delete${noun}`, goneFrom, `delete ${thing}`, remove),
  ];
}

const clients: Kind = {
  thing: "an app client",
  path: "/v2/app_clients",
  body: (own) => ({ name: own, type: "client_credentials" }),
  one: idOf("/v2/app_clients"),
  noun: "Client",
  table: "clients",
  goneFrom: "credentials",
};

const users: Kind = {
  thing: "a user",
  path: "/v2/users",
  body: (own) => ({ email: `${own}@example.com` }),
  one: ({ username }) => `/v2/users/${encodeURIComponent(String(username))}`,
  noun: "User",
  table: "users",
};

const apiKeys: Kind = {
  thing: "an API key",
  path: "/v2/api_keys",
  body: (own) => ({ name: own, api_key_role: "personal" }),
  one: idOf("/v2/api_keys"),
  noun: "ApiKey",
  table: "api_keys",
};

export const accessFaults: FaultCase[] = [
  ...principal(clients),
  fault(
    "insertAudit",
    "audit_events",
    "see a client secret",
    asking("GET", clients.one, undefined, making(clients.path, clients.body)),
  ),
  ...credentials(),
  ...principal(users),
  fault(
    "replaceUserCode",
    "single_uses",
    "reset a password",
    asking(
      "POST",
      (made) => `${users.one(made)}/reset_password`,
      undefined,
      making(users.path, users.body),
    ),
  ),
  ...principal(apiKeys),
  ...apis(),
  ...roles(),
];

function credentials(): FaultCase[] {
  const pathOf = ({ id }: { id: string }) => `/v2/app_clients/${id}/credentials`;
  const ofNewClient =
    (method: string, body: object | undefined): Prepare =>
    async (server) => {
      const client = await createAppClient(server);
      const made = await call<{ id: string }>(server, "POST", pathOf(client), { body: {} });
      assert.equal(made.status, 201, JSON.stringify(made.body));
      const path = `${pathOf(client)}/${made.body.id}`;
      return () => call(server, method, path, body === undefined ? {} : { body });
    };
  return [
    fault("insertCredential", "credentials", "add a credential", async (server) => {
      const client = await createAppClient(server);
      return () => call(server, "POST", pathOf(client), { body: {} });
    }),
    fault(
      "updateCredential",
      "credentials",
      "disable a credential",
      ofNewClient("PATCH", { enabled: false }),
    ),
    fault(
      "updateCredential",
      "credentials",
      "revoke a credential",
      ofNewClient("DELETE", undefined),
    ),
  ];
}

function apis(): FaultCase[] {
  const path = "/v2/apis";
  const body = (own: string) => ({
    name: own,
    audience: `https://${own}.example.com`,
    permissions: [{ name: "invoices:read" }],
  });
  const make = making(path, body);
  const rotate = (made: Record<string, unknown>) =>
    `${idOf(path)(made)}/verifier_credential/rotate`;
  return [
    fault("insertApi", "apis", "register an API", asking("POST", path, body)),
    fault(
      "insertSigningKeys",
      "signing_keys",
      "register an API whose algorithm has no keys yet",
      asking("POST", path, (own) => ({ ...body(own), signing_algorithm: "EdDSA" })),
    ),
    fault(
      "updateApi",
      "revocations",
      "take a permission off an API",
      asking("PATCH", idOf(path), { permissions: [] }, make),
    ),
    fault("updateApi", "apis", "rotate a verifier credential", asking("POST", rotate, {}, make)),
    fault("deleteApi", "apis", "delete an API", asking("DELETE", idOf(path), undefined, make)),
  ];
}

function roles(): FaultCase[] {
  const path = "/v2/roles";
  const nameOf = (own: string) => own.replaceAll("-", "_");
  const body = (own: string) => ({ name: nameOf(own), permissions: ["jobs:read"] });
  const one = ({ name }: Record<string, unknown>) => `${path}/${String(name)}`;
  const makeHeld = async (server: TestServer, own: string) => {
    const made = await making(path, body)(server, own);
    await createAppClient(server, { api_roles: [nameOf(own)] });
    return made;
  };
  return [
    fault("insertRole", "roles", "create a role", asking("POST", path, body)),
    fault(
      "updateRole",
      "revocations",
      "take a permission out of a role",
      asking("PATCH", one, { permissions: [] }, makeHeld),
    ),
    fault(
      "deleteRole",
      "role_bindings",
      "take a role away from all",
      asking("DELETE", (made) => `${one(made)}?force=true`, undefined, makeHeld),
    ),
  ];
}
