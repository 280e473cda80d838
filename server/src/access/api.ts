import { apisMax } from "@countersign/protocol/admin/apis.ts";
import type { SigningAlgorithm } from "@countersign/protocol/oauth.ts";
import { auditOf, type Act, type Actor } from "../audit/audit.ts";
import { AdminError, badField, notFound } from "../errors/admin-error.ts";
import { digestOf, generateSecret, hintOf } from "../keys/secret.ts";
import type { SigningKeys } from "../keys/signing.ts";
import type { ApiRecord, Revocation } from "../store/records.ts";
import type { ApiStore } from "../store/store.ts";
import { newId, type System } from "../system.ts";
import { isAbsoluteUri } from "./apis.ts";
import { checkVersion, untilWritten } from "./compare-and-set.ts";
import { firstSubjectOf, idempotencyOf } from "./repetition.ts";

/**
 * APIs over their life: registered, changed, removed, and their verifier credential. Who may ask for
 * which token to one is in `apis.ts` and the grants.
 */

export interface ApiContext {
  system: System;
  store: ApiStore;
  keys: Pick<SigningKeys, "rotate">;
}

export interface ApiSettings {
  name: string;
  audience: string;
  permissions: ApiRecord["permissions"];
  signingAlgorithm: SigningAlgorithm;
  tokenLifetimeSeconds: number;
  openapiUrl: string | undefined;
  isOffered: boolean;
  externalId: string | undefined;
  labels: Record<string, string>;
}

export interface ApiWithSecret {
  api: ApiRecord;
  /** The verifier secret: exists from making to showing. */
  plainSecret: string;
}

export interface CreatedApi {
  api: ApiRecord;
  /** Absent for an API that an earlier request made: it was shown once. */
  plainSecret: string | undefined;
}

/** Throws 400, 409 and 422. */
export async function createApi(
  context: ApiContext,
  actor: Actor,
  { settings, idempotencyKey: key }: { settings: ApiSettings; idempotencyKey: string | undefined },
): Promise<CreatedApi> {
  const { system, store } = context;
  if (!isAbsoluteUri(settings.audience)) {
    throw badField("audience", "is not an absolute URI without a fragment");
  }
  const plainSecret = generateSecret(system, "verifierSecret");
  const api = newApi(system, actor.tenantId, settings, plainSecret);
  checkPermissions(api);
  await ensureKeys(context, api);
  const audit = auditOf(system, actor, actOn("created", undefined, api));
  const request = ["api", settings];
  const idempotency = idempotencyOf(system, actor, { key, request, subjectId: api.id });
  const inserted = await store.insertApi({ api, apisMax, idempotency, audit });
  if (inserted.outcome === "inserted") return { api, plainSecret };
  if (inserted.outcome !== "repeated") throw notInserted[inserted.outcome]();
  const id = firstSubjectOf(inserted, idempotency);
  return { api: await loadApi(context, actor.tenantId, id), plainSecret: undefined };
}

const notInserted = {
  external_id_taken: () => new AdminError(409, "Another API has this external_id."),
  audience_taken: () => new AdminError(409, "Another API has this audience."),
  too_many: () => new AdminError(409, `An account has at most ${apisMax} APIs.`),
};

export interface ApiChange {
  /** The API after the change, from before it. */
  settings(before: ApiRecord): ApiRecord;
  /** `If-Match`: refuse when another version is stored. */
  expectedVersion: number | undefined;
}

/** What leaves the catalogue leaves tokens too. Throws 400, 404, 409 and 412. */
export async function updateApi(
  context: ApiContext,
  actor: Actor,
  id: string,
  change: ApiChange,
): Promise<ApiRecord> {
  const { system, store } = context;
  return untilWritten(async () => {
    const before = await loadApi(context, actor.tenantId, id);
    checkVersion(before, change.expectedVersion);
    const api = nextVersion(system, before, change.settings(before));
    if (api.isDefault && api.permissions.length > 0) {
      throw badField("permissions", "of the default API are built in");
    }
    checkPermissions(api);
    await ensureKeys(context, api);
    const audit = auditOf(system, actor, actOn("updated", before, api));
    const revocations = revocationsOf(before, api);
    const outcome = await store.updateApi({ api, revocations, audit });
    if (outcome === "external_id_taken") throw notInserted[outcome]();
    return outcome === "written" ? api : outcome;
  });
}

/** No token to it counts from then on. Throws 404, 409 and 412. */
export async function deleteApi(
  context: ApiContext,
  actor: Actor,
  id: string,
  expectedVersion: number | undefined,
): Promise<void> {
  const { system, store } = context;
  await untilWritten(async () => {
    const api = await loadApi(context, actor.tenantId, id);
    checkVersion(api, expectedVersion);
    if (api.isDefault) throw new AdminError(409, "The default API cannot be deleted.");
    const audit = auditOf(system, actor, actOn("deleted", api, undefined));
    const revocations = [{ ...subjectOf(api), dropped: undefined }];
    return store.deleteApi({ api, revocations, audit });
  });
}

/** A new secret; the one before it is accepted for a while, or not any more. Throws 404 and 412. */
export async function rotateVerifierSecret(
  context: ApiContext,
  actor: Actor,
  id: string,
  previousValidMs: number,
): Promise<ApiWithSecret> {
  const { system, store } = context;
  const plainSecret = generateSecret(system, "verifierSecret");
  return untilWritten(async () => {
    const before = await loadApi(context, actor.tenantId, id);
    const isKept = previousValidMs > 0 && before.verifierDigest !== undefined;
    const api = nextVersion(system, before, {
      ...before,
      ...verifierOf(system, plainSecret),
      previousVerifierDigest: isKept ? before.verifierDigest : undefined,
      previousVerifierUntilMs: isKept ? system.now() + previousValidMs : undefined,
    });
    const audit = auditOf(system, actor, actOn("verifier_rotated", before, api));
    const outcome = await store.updateApi({ api, revocations: [], audit });
    return outcome === "written" ? { api, plainSecret } : "conflict";
  });
}

/** Throws 404. */
export async function loadApi(
  { store }: Pick<ApiContext, "store">,
  tenantId: string,
  id: string,
): Promise<ApiRecord> {
  const api = await store.findApi(id);
  if (api?.tenantId !== tenantId) throw notFound(id);
  return api;
}

function newApi(
  system: System,
  tenantId: string,
  settings: ApiSettings,
  plainSecret: string,
): ApiRecord {
  const atMs = system.now();
  return {
    ...settings,
    id: newId(system, "api_"),
    tenantId,
    isDefault: false,
    ...verifierOf(system, plainSecret),
    previousVerifierDigest: undefined,
    previousVerifierUntilMs: undefined,
    createdAtMs: atMs,
    updatedAtMs: atMs,
    version: 1,
  };
}

const verifierOf = (system: System, plainSecret: string) => ({
  verifierDigest: digestOf(plainSecret),
  verifierHint: hintOf(plainSecret),
  verifierSinceMs: system.now(),
});

const nextVersion = (system: System, before: ApiRecord, after: ApiRecord): ApiRecord => ({
  ...after,
  updatedAtMs: system.now(),
  version: before.version + 1,
});

function checkPermissions({ permissions }: ApiRecord): void {
  const names = permissions.map(({ name }) => name);
  const index = names.findIndex((name, place) => names.indexOf(name) !== place);
  if (index !== -1) throw badField(`permissions.${index}.name`, "stands there twice");
}

/** Before the first token of an algorithm is asked for, its keys are there, in every process. */
async function ensureKeys({ keys }: ApiContext, api: ApiRecord): Promise<void> {
  await keys.rotate(api.tenantId, api.signingAlgorithm as SigningAlgorithm, "schedule");
}

/** Tokens name their API by its audience. */
const subjectOf = ({ audience }: ApiRecord) => ({
  subjectType: "api" as const,
  subjectId: audience,
});

function revocationsOf(before: ApiRecord, after: ApiRecord): Revocation[] {
  const kept = new Set(after.permissions.map(({ name }) => name));
  const dropped = before.permissions.map(({ name }) => name).filter((name) => !kept.has(name));
  return dropped.length === 0 ? [] : [{ ...subjectOf(after), dropped }];
}

function actOn(
  what: "created" | "updated" | "deleted" | "verifier_rotated",
  before: ApiRecord | undefined,
  after: ApiRecord | undefined,
): Act {
  return {
    action: `api.${what}`,
    subjectType: "api",
    subjectId: (after ?? before)!.id,
    before: before && auditView(before),
    after: after && auditView(after),
  };
}

/** Everything but digests. */
function auditView(api: ApiRecord): object {
  const { verifierDigest: _digest, previousVerifierDigest: _previous, ...view } = api;
  return view;
}
