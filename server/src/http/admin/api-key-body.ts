import type {
  ApiKey,
  ApiKeyRole,
  CreateApiKey,
  UpdateApiKey,
} from "@countersign/protocol/admin/api-keys.ts";
import type { ApiKeyKind, ApiKeySettings } from "../../api-keys/api-key.ts";
import { apiKeyStateOf } from "../../api-keys/api-key-state.ts";
import type { RoleCatalogue } from "../../access/roles.ts";
import { badField } from "../../errors/admin-error.ts";
import type { ApiKeyRecord, KnownApiKeyRecord, RoleBinding } from "../../store/records.ts";
import { fromIsoTime, isoTime } from "../iso-time.ts";
import { leakPolicyOf } from "./leak-policy.ts";
import { changed, optional } from "./member.ts";
import { toBindings, toRoleFields } from "./role-fields.ts";

/** API keys on the wire and inside: the conversion between them happens here and nowhere else. */

/** Throws 400. */
export function toKeySettings(body: CreateApiKey): ApiKeySettings {
  checkKind(body);
  return {
    name: body.name,
    kind: body.api_key_role ?? "custom",
    enabled: body.enabled ?? true,
    expiresAtMs: fromIsoTime("expires_at", body.expires_at),
    externalId: body.external_id,
    labels: body.labels ?? {},
    onLeak: body.on_leak,
  };
}

/** The kinds that are bound to corpora are presets of one role on each. */
const presets = { serving: "viewer", serving_and_indexing: "editor" } as const;

export function toKeyBindings(body: CreateApiKey, roles: RoleCatalogue): RoleBinding[] {
  const { api_key_role: kind, corpus_keys = [] } = body;
  if (kind === undefined) return toBindings(body, roles);
  if (kind === "personal") return [];
  return corpus_keys.map((key) => ({
    role: presets[kind],
    resourceType: "corpus",
    resourceId: key,
  }));
}

export function applyKeySettings(before: ApiKeyRecord, body: UpdateApiKey): ApiKeyRecord {
  const expiresAt = body.expires_at;
  return {
    ...before,
    name: body.name ?? before.name,
    enabled: body.enabled ?? before.enabled,
    labels: body.labels ?? before.labels,
    onLeak: body.on_leak ?? before.onLeak,
    externalId: changed(body.external_id, before.externalId),
    expiresAtMs: changed(
      expiresAt === null ? null : fromIsoTime("expires_at", expiresAt),
      before.expiresAtMs,
    ),
  };
}

export interface ApiKeyView extends KnownApiKeyRecord {
  atMs: number;
  plainKey?: string | undefined;
  lastUsedAtMs?: number | undefined;
}

export function toApiKey({ apiKey, bindings, atMs, plainKey, lastUsedAtMs }: ApiKeyView): ApiKey {
  const kind = apiKey.kind as ApiKeyKind;
  const role: ApiKeyRole | undefined = kind === "custom" ? undefined : kind;
  const corpora = bindings.map(({ resourceId }) => resourceId);
  return {
    id: apiKey.id,
    name: apiKey.name,
    ...optional("secret_key", plainKey),
    hint: apiKey.hint,
    ...optional("api_key_role", role),
    ...optional("corpus_keys", kind in presets ? corpora : undefined),
    ...toRoleFields(bindings),
    enabled: apiKey.enabled,
    state: apiKeyStateOf(apiKey, atMs),
    on_leak: leakPolicyOf(apiKey),
    [ownerFields[apiKey.ownerType as OwnerType]]: apiKey.ownerId,
    ...optional("external_id", apiKey.externalId),
    labels: apiKey.labels,
    created_at: isoTime(apiKey.createdAtMs),
    updated_at: isoTime(apiKey.updatedAtMs),
    ...optional("expires_at", timeOf(apiKey.expiresAtMs)),
    ...optional("last_used_at", timeOf(lastUsedAtMs)),
  };
}

const ownerFields = { user: "user_id", client: "client_id", api_key: "api_key_id" } as const;
type OwnerType = keyof typeof ownerFields;

const timeOf = (atMs: number | undefined) => (atMs === undefined ? undefined : isoTime(atMs));

const roleFieldNames = ["api_roles", "corpus_roles", "agent_roles", "resource_roles"] as const;

/** A kind or roles, and corpora with the kinds that are bound to some. Throws 400. */
function checkKind(body: CreateApiKey): void {
  const { api_key_role: kind, corpus_keys: corpora } = body;
  const given = roleFieldNames.filter((name) => body[name] !== undefined);
  if (kind === undefined && given.length === 0) {
    throw badField("api_key_role", "is needed where no roles are given");
  }
  if (kind !== undefined && given.length > 0) {
    throw badField(given[0]!, "does not go with api_key_role");
  }
  const isBound = kind === "serving" || kind === "serving_and_indexing";
  if (isBound && corpora === undefined) throw badField("corpus_keys", "is needed with this kind");
  if (!isBound && corpora !== undefined) {
    throw badField("corpus_keys", "goes with serving and serving_and_indexing only");
  }
}
