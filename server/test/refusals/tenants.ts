import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { accountWide } from "../../src/access/rights.ts";
import { auditOf } from "../../src/audit/audit.ts";
import { loadMasterKeys } from "../../src/keys/master-key.ts";
import { createDataKey } from "../../src/keys/sealing.ts";
import { digestOf, digestScheme } from "../../src/keys/secret.ts";
import type { ClientRecord } from "../../src/store/records.ts";
import type { Store } from "../../src/store/store.ts";
import { newId, system } from "../../src/system.ts";
import { freePort, startServer, type InProcessServer, type TestServer } from "../server.ts";

/** A server with a second customer in its store, who has an owner, an API of the same audience, and keys. */
export interface TwoTenants {
  server: InProcessServer;
  /** The same server as the second customer's owner sees it. */
  second: TestServer;
  stop(): Promise<void>;
}

export const secondTenantId = "tnt_second";
const secondApiKey = "test-second-owner-key-0123456789-0123456789";

/** Only one tenant is served yet, and there is no call that makes another: it is put into the store. */
export async function startTwoTenants(own: Record<string, string> = {}): Promise<TwoTenants> {
  const dataDir = mkdtempSync(join(tmpdir(), "cs-"));
  const COUNTERSIGN_PORT = String(await freePort());
  const settings = { ...own, COUNTERSIGN_DATA_DIR: dataDir, COUNTERSIGN_PORT };
  const first = await startServer(settings);
  await insertTenant(first.app.store, first);
  await first.stop();
  const server = await startServer(settings);
  return {
    server,
    second: { ...server, apiKey: secondApiKey },
    async stop() {
      await server.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

async function insertTenant(store: Store, { url, dataDir }: TestServer): Promise<void> {
  const [masterKey] = loadMasterKeys(system, join(dataDir, "master.key"));
  const createdAtMs = system.now();
  const tenantId = secondTenantId;
  await store.insertTenant({
    tenant: { id: tenantId, name: "Second", keepsSecrets: true, createdAtMs },
    api: {
      id: newId(system, "api_"),
      tenantId,
      audience: url,
      name: "Second",
      isDefault: true,
      signingAlgorithm: "ES256",
      tokenLifetimeSeconds: 1_800,
      permissions: [],
      openapiUrl: undefined,
      isOffered: false,
      verifierDigest: undefined,
      verifierHint: undefined,
      verifierSinceMs: undefined,
      previousVerifierDigest: undefined,
      previousVerifierUntilMs: undefined,
      externalId: undefined,
      labels: {},
      createdAtMs,
      updatedAtMs: createdAtMs,
      version: 1,
    },
    dataKey: createDataKey(system, masterKey!, tenantId),
  });
  const userId = newId(system, "usr_");
  const email = "owner@localhost";
  await store.insertOwner({
    user: {
      id: userId,
      tenantId,
      email,
      username: email,
      name: "",
      description: "",
      enabled: true,
      externalId: undefined,
      labels: {},
      createdAtMs,
      updatedAtMs: createdAtMs,
      version: 1,
    },
    password: undefined,
    bindings: [{ role: "owner", ...accountWide }],
    apiKey: {
      id: newId(system, "aky_"),
      tenantId,
      name: "Second",
      kind: "personal",
      digestScheme,
      digest: digestOf(secondApiKey),
      hint: "6789",
      ownerType: "user",
      ownerId: userId,
      enabled: true,
      externalId: undefined,
      labels: {},
      createdAtMs,
      updatedAtMs: createdAtMs,
      expiresAtMs: undefined,
      revokedAtMs: undefined,
      onLeak: undefined,
      version: 1,
    },
    setupCode: undefined,
    audit: audit(tenantId, userId),
  });
}

/** A client whose id and secret no server would make: as an import may bring them. */
export async function insertImportedClient(
  { app }: InProcessServer,
  { clientId, plainSecret }: { clientId: string; plainSecret: string },
): Promise<void> {
  const { id: tenantId } = (await app.store.findFirstTenant())!;
  const atMs = system.now();
  const client: ClientRecord = {
    id: newId(system, "app_"),
    clientId,
    tenantId,
    name: "imported",
    description: "",
    type: "client_credentials",
    enabled: true,
    grantTypes: ["client_credentials"],
    redirectUris: [],
    authenticationMethod: undefined,
    tokenLifetimeSeconds: undefined,
    externalId: undefined,
    labels: {},
    createdAtMs: atMs,
    updatedAtMs: atMs,
    version: 1,
  };
  await app.store.insertClient({
    client,
    credential: {
      id: newId(system, "crd_"),
      tenantId,
      clientId,
      kind: "secret",
      digestScheme,
      digest: digestOf(plainSecret),
      sealedSecret: undefined,
      hint: "",
      description: "",
      createdAtMs: atMs,
      expiresAtMs: undefined,
      disabledAtMs: undefined,
      disabledUntilMs: undefined,
      revokedAtMs: undefined,
      onLeak: undefined,
    },
    bindings: [],
    idempotency: undefined,
    audit: audit(tenantId, client.id),
  });
  await app.feed.catchUp();
}

function audit(tenantId: string, subjectId: string) {
  const actor = { type: "system", id: "test", tenantId, requestId: "req_test" } as const;
  const act = { action: "app_client.inserted" as const, subjectType: "test", subjectId };
  return auditOf(system, { ...actor, sourceAddress: undefined }, act);
}
