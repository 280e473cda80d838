import type { MasterKey } from "../keys/master-key.ts";
import { createDataKey } from "../keys/sealing.ts";
import type { TenantRecord } from "../store/records.ts";
import type { ApiStore, TenantStore } from "../store/store.ts";
import { newId, type System } from "../system.ts";

/**
 * The first tenant: made once on an empty store, with its default API, whose audience is the public
 * URL. When that URL is changed, the API moves with the first process that serves under another one.
 */

export class PublicUrlRefused extends Error {
  override name = "PublicUrlRefused";
}

const defaultTokenLifetimeSeconds = 1_800;

export async function ensureFirstTenant(
  system: System,
  store: TenantStore,
  masterKey: MasterKey,
  publicUrl: string,
): Promise<TenantRecord> {
  return (
    (await store.findFirstTenant()) ?? (await createTenant(system, store, masterKey, publicUrl))
  );
}

/**
 * For those that serve, and not for what an operator does beside them: in that shell the URL may be
 * another one, and every token of those that serve would name it. Answers the audience of before when
 * it was another. Throws `PublicUrlRefused`.
 */
export async function moveDefaultApi(
  system: System,
  store: ApiStore,
  { tenantId, publicUrl }: { tenantId: string; publicUrl: string },
): Promise<string | undefined> {
  const apis = await store.listApis(tenantId);
  const { id, audience: before } = apis.find(({ isDefault }) => isDefault)!;
  if (before === publicUrl) return undefined;
  if (apis.some(({ audience }) => audience === publicUrl)) {
    throw new PublicUrlRefused(
      `COUNTERSIGN_PUBLIC_URL is the audience of another API. Set it to ${before}, delete that API, and change it then.`,
    );
  }
  await store.updateAudience({ tenantId, id, audience: publicUrl, atMs: system.now() });
  return before;
}

/** What is so for every new API, until its owner says otherwise. */
const plainApi = {
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
  version: 1,
};

/** The id is fixed, so that of two processes that start at once one makes it and both have it. */
const firstTenantId = "tnt_first";

async function createTenant(
  system: System,
  store: TenantStore,
  masterKey: MasterKey,
  publicUrl: string,
): Promise<TenantRecord> {
  const createdAtMs = system.now();
  const id = firstTenantId;
  await store.insertTenant({
    tenant: { id, name: "First tenant", keepsSecrets: true, createdAtMs },
    api: {
      id: newId(system, "api_"),
      tenantId: id,
      audience: publicUrl,
      name: "Countersign",
      isDefault: true,
      signingAlgorithm: "ES256",
      tokenLifetimeSeconds: defaultTokenLifetimeSeconds,
      ...plainApi,
      createdAtMs,
      updatedAtMs: createdAtMs,
    },
    dataKey: createDataKey(system, masterKey, id),
  });
  const tenant = await store.findTenant(id);
  if (tenant === undefined) throw new Error("the first tenant was not made");
  return tenant;
}
