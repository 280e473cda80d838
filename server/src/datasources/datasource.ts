import { createHmac } from "node:crypto";
import { datasourcesMax } from "@countersign/protocol/admin/datasources.ts";
import { checkVersion, untilWritten } from "../access/compare-and-set.ts";
import { firstSubjectOf, idempotencyOf } from "../access/repetition.ts";
import { auditOf, type Act, type Actor } from "../audit/audit.ts";
import { AdminError, badField, notFound } from "../errors/admin-error.ts";
import type { GuardedFetch } from "../fetch/fetch.ts";
import type { Sealer } from "../keys/sealing.ts";
import type { DatasourceRecord, DatasourceStore } from "../store/store.ts";
import { newId, type System } from "../system.ts";
import {
  snakeCase,
  checkSettings,
  effectOf,
  hasNewTokenHost,
  toProvider,
  type DatasourceSecrets,
  type OpenSettings,
} from "./datasource-settings.ts";
import { describeProvider } from "./describe-provider.ts";
import { profiles } from "./profiles/profiles.ts";
import { discover } from "./protocol/discovery.ts";
import { ProviderError } from "./protocol/provider-error.ts";
import type { Provider } from "./provider.ts";

/**
 * Datasources over their life. What is held for them is in `connection.ts`; what their settings mean
 * to a provider is in `protocol/`.
 */

export interface DatasourceContext {
  system: System;
  store: DatasourceStore;
  sealer: Sealer;
  fetch: GuardedFetch;
  /** Private networks that outgoing requests may reach. */
  outboundAllow: readonly string[];
  /** The origin that people use. */
  publicUrl: string;
}

export interface DatasourceInput {
  name: string;
  settings: OpenSettings;
  secrets: DatasourceSecrets;
  externalId: string | undefined;
  labels: Record<string, string>;
}

/** What would keep it from being saved. Throws 400. */
export const checkInput = (input: DatasourceInput, allow: readonly string[]): void =>
  checkSettings(toProvider(input.settings, input.secrets), allow);

/** Throws 400, 409 and 422. */
export async function createDatasource(
  context: DatasourceContext,
  actor: Actor,
  { input, idempotencyKey: key }: { input: DatasourceInput; idempotencyKey: string | undefined },
): Promise<DatasourceRecord> {
  const { system, store, sealer } = context;
  const found = await discovered(context, input);
  checkSettings(toProvider(found.settings, found.secrets), context.outboundAllow);
  const id = newId(system, "dsr_");
  const atMs = system.now();
  const datasource: DatasourceRecord = {
    ...(await sealed(context, { tenantId: actor.tenantId, id }, found)),
    createdAtMs: atMs,
    updatedAtMs: atMs,
    version: 1,
  };
  const audit = auditOf(system, actor, actOn("created", undefined, datasource));
  // Under a key of ours, so that the digest is no oracle for a short secret.
  const mac = createHmac("sha256", sealer.deriveKey(actor.tenantId, "repeated requests"));
  const request = ["datasource", mac.update(JSON.stringify(input)).digest("base64url")];
  const idempotency = idempotencyOf(system, actor, { key, request, subjectId: id });
  const inserted = await store.insertDatasource({ datasource, datasourcesMax, idempotency, audit });
  if (inserted.outcome === "inserted") return datasource;
  if (inserted.outcome !== "repeated") throw notInserted[inserted.outcome]();
  return loadDatasource(context, actor.tenantId, firstSubjectOf(inserted, idempotency));
}

const notInserted = {
  external_id_taken: () => new AdminError(409, "Another datasource has this external_id."),
  too_many: () => new AdminError(409, `An account has at most ${datasourcesMax} datasources.`),
};

export interface DatasourceChange {
  /** The settings after the change, from those before it. */
  input(before: DatasourceInput): DatasourceInput;
  /** `If-Match`: refuse when another version is stored. */
  expectedVersion: number | undefined;
}

/** Throws 400, 404, 409 and 412. */
export async function updateDatasource(
  context: DatasourceContext,
  actor: Actor,
  id: string,
  change: DatasourceChange,
): Promise<DatasourceRecord> {
  const { system, store } = context;
  return untilWritten(async () => {
    const before = await loadDatasource(context, actor.tenantId, id);
    checkVersion(before, change.expectedVersion);
    const known = inputOf(context, before);
    const input = await discovered(context, change.input(known));
    const [was, is] = [providerOf(context, before), toProvider(input.settings, input.secrets)];
    checkSettings(is, context.outboundAllow);
    checkSecrets({ was, is }, known, input);
    const datasource: DatasourceRecord = {
      ...before,
      ...(await sealed(context, before, input)),
      updatedAtMs: system.now(),
      version: before.version + 1,
    };
    const audit = auditOf(system, actor, actOn("updated", before, datasource));
    const connections = effectOf(was, is);
    const outcome = await store.updateDatasource({ datasource, connections, audit });
    if (outcome === "external_id_taken") throw notInserted[outcome]();
    return outcome === "written" ? datasource : outcome;
  });
}

/** Who may change a URL must not learn a secret by it: it is given again with another host. */
function checkSecrets(
  { was, is }: { was: Provider; is: Provider },
  known: DatasourceInput,
  input: DatasourceInput,
): void {
  if (!hasNewTokenHost(was, is)) return;
  for (const field of sentSecrets) {
    const stored = known.secrets[field];
    const isKept =
      stored !== undefined && JSON.stringify(input.secrets[field]) === JSON.stringify(stored);
    if (!isKept) continue;
    throw badField(snakeCase(field), "must be given again, because it would go to another host");
  }
}

/** A private key signs, and stays here. */
const sentSecrets = [
  "clientSecret",
  "customTokenParameters",
  "customTokenHeaders",
  "customRefreshParameters",
  "customRefreshHeaders",
] as const;

/** Throws 404. */
export async function loadDatasource(
  { store }: { store: Pick<DatasourceStore, "findDatasource"> },
  tenantId: string,
  id: string,
): Promise<DatasourceRecord> {
  const datasource = await store.findDatasource(tenantId, id);
  if (datasource === undefined) throw notFound(id);
  return datasource;
}

const placeOf = ({ tenantId, id }: Pick<DatasourceRecord, "tenantId" | "id">) => ({
  tenantId,
  label: "datasource.secrets",
  rowId: id,
});

/** With its secrets: for requests to the provider, and for nothing that is shown. */
export function providerOf(
  { sealer }: Pick<DatasourceContext, "sealer">,
  datasource: DatasourceRecord,
): Provider {
  return toProvider(openSettingsOf(datasource), secretsOf({ sealer }, datasource));
}

/** Without its secrets: for what is shown, and for requests to the API. */
export const toShownProvider = (datasource: DatasourceRecord): Provider =>
  toProvider(openSettingsOf(datasource), {});

const openSettingsOf = ({ settings }: DatasourceRecord): OpenSettings =>
  settings as unknown as OpenSettings;

function secretsOf(
  { sealer }: Pick<DatasourceContext, "sealer">,
  datasource: DatasourceRecord,
): DatasourceSecrets {
  const { sealedSecrets } = datasource;
  if (sealedSecrets === undefined) return {};
  return JSON.parse(sealer.open(placeOf(datasource), sealedSecrets)) as DatasourceSecrets;
}

export const inputOf = (
  context: Pick<DatasourceContext, "sealer">,
  datasource: DatasourceRecord,
): DatasourceInput => ({
  name: datasource.name,
  settings: openSettingsOf(datasource),
  secrets: secretsOf(context, datasource),
  externalId: datasource.externalId,
  labels: datasource.labels,
});

async function sealed(
  { sealer }: DatasourceContext,
  { tenantId, id }: Pick<DatasourceRecord, "tenantId" | "id">,
  { secrets, settings, name, externalId, labels }: DatasourceInput,
) {
  const hasSecrets = Object.values(secrets).some((value) => value !== undefined);
  const place = placeOf({ tenantId, id });
  return {
    id,
    tenantId,
    name,
    settings: settings as unknown as Record<string, unknown>,
    sealedSecrets: hasSecrets ? sealer.seal(place, JSON.stringify(secrets)) : undefined,
    externalId,
    labels,
  };
}

/** Nothing works without them: to have taken them away means to have them read again. */
const needed = ["accessTokenUrl", "authorizationUrl"] as const;

/** With an issuer and no token URL, what the issuer publishes fills the gaps. Throws 400. */
async function discovered(
  { fetch }: DatasourceContext,
  input: DatasourceInput,
): Promise<DatasourceInput> {
  const { settings } = input;
  const profile = profiles.get(settings.profile ?? "standard");
  if (profile === undefined) return input;
  const { issuer, accessTokenUrl, allowedHosts, certificateAuthority } = describeProvider(
    profile,
    settings,
  ).settings;
  if (issuer === undefined || accessTokenUrl !== "") return input;
  try {
    const found = await discover(fetch, issuer, {
      allowedHosts,
      ...(certificateAuthority === undefined ? {} : { certificateAuthority }),
    });
    const filled = { ...found.settings, ...settings };
    for (const name of needed) filled[name] ??= found.settings[name];
    return { ...input, settings: filled };
  } catch (error) {
    if (error instanceof ProviderError) throw badField("issuer", `${error.message} ${error.fix}`);
    throw error;
  }
}

export function actOn(
  what: "created" | "updated" | "deleted",
  before: DatasourceRecord | undefined,
  after: DatasourceRecord | undefined,
): Act {
  return {
    action: `datasource.${what}`,
    subjectType: "datasource",
    subjectId: (after ?? before)!.id,
    before: before && auditView(before),
    after: after && auditView(after),
  };
}

/** Everything but the secrets; that they changed is seen. */
function auditView({ sealedSecrets, ...view }: DatasourceRecord): object {
  return { ...view, hasSecrets: sealedSecrets !== undefined };
}
