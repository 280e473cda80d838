import type { ExportedDatasource } from "@countersign/protocol/admin/datasource-import.ts";
import type {
  CreateDatasource,
  Datasource,
  UpdateDatasource,
} from "@countersign/protocol/admin/datasources.ts";
import type { Finding, SaidSettings } from "../../datasources/describe-provider.ts";
import type { DatasourceInput } from "../../datasources/datasource.ts";
import type { DatasourceSecrets, OpenSettings } from "../../datasources/datasource-settings.ts";
import type { NamedValue, Provider, SecretName } from "../../datasources/provider.ts";
import type { ConnectionCount, DatasourceRecord } from "../../store/store.ts";
import { badField } from "../../errors/admin-error.ts";
import { isoTime } from "../iso-time.ts";
import { changed, optional } from "./member.ts";

/** Datasources on the wire and inside: the conversion between them happens here and nowhere else. */

const secretNames: ReadonlySet<string> = new Set<SecretName>([
  "clientSecret",
  "privateKey",
  "customTokenParameters",
  "customTokenHeaders",
  "customRefreshParameters",
  "customRefreshHeaders",
]);
/** What is not a setting of the provider. */
const ownNames: ReadonlySet<string> = new Set(["name", "externalId", "labels"]);

const camelCase = (name: string): string =>
  name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
const snakeCase = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

export const toInput = (body: CreateDatasource): DatasourceInput => ({
  name: body.name,
  ...split({}, {}, body),
  externalId: body.external_id,
  labels: body.labels ?? {},
});

/** Throws 400 for a setting that is to be in two ways. */
export function applyInput(
  before: DatasourceInput,
  { as_proposed: asProposed = [], ...body }: UpdateDatasource,
): DatasourceInput {
  const settings: Partial<OpenSettings> = { ...before.settings };
  for (const wire of asProposed) {
    if (body[wire] !== undefined)
      throw badField("as_proposed", `names ${wire}, which is given too`);
    delete settings[camelCase(wire) as keyof OpenSettings];
  }
  return {
    name: body.name ?? before.name,
    ...split(settings, before.secrets, body),
    externalId: changed(body.external_id, before.externalId),
    labels: body.labels ?? before.labels,
  };
}

/**
 * A setting that is `null` is kept so: it says that what a profile proposes does not count. No profile
 * proposes a secret.
 */

function split(
  openBefore: Partial<OpenSettings>,
  secretsBefore: DatasourceSecrets,
  body: UpdateDatasource,
): { settings: OpenSettings; secrets: DatasourceSecrets } {
  const settings: Record<string, unknown> = { ...openBefore };
  const secrets: Record<string, unknown> = { ...secretsBefore };
  for (const [wire, given] of Object.entries(body)) {
    const name = camelCase(wire);
    if (ownNames.has(name)) continue;
    const value = readValue(name, given);
    if (!secretNames.has(name)) settings[name] = value;
    else if (value === null || value === "") delete secrets[name];
    else secrets[name] = value;
  }
  return { settings: settings as OpenSettings, secrets };
}

function readValue(name: string, given: unknown): unknown {
  if (name === "scopes") return scopesOf(given as UpdateDatasource["scopes"]);
  return name === "headerPrefix" && typeof given === "string" ? given.trim() : given;
}

/** No scope has a comma or a space in it, so both may stand between them [RFC 6749 §3.3]. */
function scopesOf(given: UpdateDatasource["scopes"]): readonly string[] | null {
  if (typeof given !== "string") return given ?? null;
  return [...new Set(given.split(/[\s,]+/).filter(Boolean))];
}

const named = (values: readonly NamedValue[]) => values.map(({ key }) => ({ key }));

/** What counts, with what the profile and the standards add to what was said. */
export function toDatasource(
  record: DatasourceRecord,
  { settings }: Provider,
  about: {
    findings: readonly Finding[];
    redirectUrl: string;
    counts: readonly ConnectionCount[];
  },
): Datasource {
  const { findings, redirectUrl, counts } = about;
  return {
    id: record.id,
    name: record.name,
    ...toOpenSettings(settings),
    has_client_secret: settings.clientSecret !== undefined,
    has_private_key: settings.privateKey !== undefined,
    custom_token_parameters: named(settings.customTokenParameters),
    custom_token_headers: named(settings.customTokenHeaders),
    custom_refresh_parameters: named(settings.customRefreshParameters),
    custom_refresh_headers: named(settings.customRefreshHeaders),
    redirect_url: redirectUrl,
    connection_counts: Object.fromEntries(counts.map(({ state, count }) => [state, count])),
    findings: findings.map(({ field, message }) => ({ field, message })),
    ...optional("external_id", record.externalId),
    labels: record.labels,
    created_at: isoTime(record.createdAtMs),
    updated_at: isoTime(record.updatedAtMs),
  };
}

/** What was said about it and is no secret, in the words of a request that makes the same. */
export function toExport({
  name,
  settings,
  secrets,
  externalId,
  labels,
}: DatasourceInput): ExportedDatasource {
  const left_out = Object.entries(secrets)
    .filter(([, value]) => value !== undefined)
    .flatMap(([secret, value]) =>
      Array.isArray(value)
        ? (value as NamedValue[]).map(({ key }) => `${snakeCase(secret)}: ${key}`)
        : [snakeCase(secret)],
    );
  const own = { ...optional("external_id", externalId), labels };
  return {
    from: "countersign",
    document: { name, ...toOpenSettings(settings), ...own, left_out },
  };
}

export function toOpenSettings(settings: SaidSettings): Pick<Datasource, "client_id" | "scopes"> {
  const shown = Object.entries(settings)
    .filter(([name, value]) => !secretNames.has(name) && value !== undefined)
    .map(([name, value]) => [snakeCase(name), value] as const);
  return Object.fromEntries(shown) as Pick<Datasource, "client_id" | "scopes">;
}
