import type {
  ApiKeyRecord,
  ApiRecord,
  AuditRecord,
  ClientRecord,
  CredentialRecord,
  DataKeyRecord,
  IdempotencyRecord,
  SigningKeyRecord,
  TenantRecord,
  UserRecord,
} from "../records.ts";

/** Records for tests: complete, plain, and alike but for their ids. */

let count = 0;

export function nextId(prefix: string): string {
  count += 1;
  return `${prefix}_${count}`;
}

export function sampleTenant(): { tenant: TenantRecord; api: ApiRecord; dataKey: DataKeyRecord } {
  const id = nextId("tnt");
  return {
    tenant: { id, name: "Acme", keepsSecrets: true, createdAtMs: 1_000 + count },
    api: sampleApi(id, { audience: "https://api.example.com", isDefault: true }),
    dataKey: {
      id: nextId("dk"),
      tenantId: id,
      masterKeyId: "mk_1",
      wrappedKey: "wrapped",
      createdAtMs: 1_000,
    },
  };
}

export function sampleApi(tenantId: string, own: Partial<ApiRecord> = {}): ApiRecord {
  const id = nextId("api");
  return {
    id,
    tenantId,
    audience: `https://${id}.example.com`,
    name: "API",
    isDefault: false,
    signingAlgorithm: "ES256",
    tokenLifetimeSeconds: 1800,
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
    createdAtMs: 1_000,
    updatedAtMs: 1_000,
    version: 1,
    ...own,
  };
}

/** A request of its own key, that may be repeated. */
export const sampleIdempotency = (tenantId: string, subjectId: string): IdempotencyRecord => ({
  tenantId,
  principalId: "usr_1",
  key: nextId("request"),
  requestDigest: "digest",
  subjectId,
  expiresAtMs: 1e15,
});

export function sampleClient(tenantId: string, own: Partial<ClientRecord> = {}): ClientRecord {
  return {
    id: nextId("app"),
    clientId: nextId("client"),
    tenantId,
    name: "Billing",
    description: "Sends invoices",
    type: "client_credentials",
    enabled: true,
    grantTypes: ["client_credentials"],
    redirectUris: [],
    authenticationMethod: undefined,
    tokenLifetimeSeconds: undefined,
    externalId: undefined,
    labels: {},
    createdAtMs: 2_000,
    updatedAtMs: 2_000,
    version: 1,
    ...own,
  };
}

export function sampleCredential(
  { tenantId, clientId }: Pick<ClientRecord, "tenantId" | "clientId">,
  own: Partial<CredentialRecord> = {},
): CredentialRecord {
  return {
    id: nextId("cred"),
    tenantId,
    clientId,
    kind: "secret",
    digestScheme: "sha256",
    digest: "digest",
    sealedSecret: "sealed",
    hint: "cssk_…abcd",
    description: "",
    createdAtMs: 2_000,
    expiresAtMs: undefined,
    disabledAtMs: undefined,
    disabledUntilMs: undefined,
    revokedAtMs: undefined,
    onLeak: undefined,
    ...own,
  };
}

export function sampleSigningKey(
  tenantId: string,
  own: Partial<SigningKeyRecord> = {},
): SigningKeyRecord {
  return {
    id: nextId("kid"),
    tenantId,
    algorithm: "ES256",
    publicJwk: "{}",
    sealedPrivateKey: "sealed",
    stage: "next",
    createdAtMs: 3_000 + count,
    stageSinceMs: 3_000,
    ...own,
  };
}

export function sampleAudit(tenantId: string, own: Partial<AuditRecord> = {}): AuditRecord {
  return {
    id: nextId("evt"),
    tenantId,
    atMs: 5_000,
    actorType: "user",
    actorId: "usr_1",
    action: "app_client.changed",
    subjectType: "app_client",
    subjectId: "app_1",
    before: undefined,
    after: undefined,
    requestId: "req_1",
    sourceAddress: "192.0.2.1",
    ...own,
  };
}

export function sampleApiKey(tenantId: string, own: Partial<ApiKeyRecord> = {}): ApiKeyRecord {
  return {
    id: nextId("aky"),
    tenantId,
    name: "Owner",
    kind: "personal",
    digestScheme: "sha256",
    digest: nextId("digest"),
    hint: "cspk_…",
    ownerType: "user",
    ownerId: "usr_1",
    enabled: true,
    externalId: undefined,
    labels: {},
    createdAtMs: 1_000,
    updatedAtMs: 1_000,
    expiresAtMs: undefined,
    revokedAtMs: undefined,
    onLeak: undefined,
    version: 1,
    ...own,
  };
}

export function sampleUser(tenantId: string, own: Partial<UserRecord> = {}): UserRecord {
  const id = nextId("usr");
  return {
    id,
    tenantId,
    email: `${id}@example.com`,
    username: `${id}@example.com`,
    name: "",
    description: "",
    enabled: true,
    externalId: undefined,
    labels: {},
    createdAtMs: 2_000,
    updatedAtMs: 2_000,
    version: 1,
    ...own,
  };
}

export function sampleOwner(tenantId: string) {
  const user = sampleUser(tenantId, { email: "owner@localhost", username: "owner@localhost" });
  const apiKey = sampleApiKey(tenantId, { ownerId: user.id });
  const bindings = [{ role: "owner", resourceType: "account", resourceId: "*" }];
  const audit = sampleAudit(tenantId);
  return { user, bindings, apiKey, password: undefined, setupCode: undefined, audit };
}
