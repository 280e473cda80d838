import type {
  Api,
  CreateApi,
  UpdateApi,
  VerifierCredential,
} from "@countersign/protocol/admin/apis.ts";
import type { SigningAlgorithm } from "@countersign/protocol/oauth.ts";
import { permissions } from "@countersign/protocol/permissions.ts";
import type { ApiSettings } from "../../access/api.ts";
import type { ApiRecord } from "../../store/records.ts";
import { isoTime } from "../iso-time.ts";
import { changed, optional } from "./member.ts";

/** APIs on the wire and inside: the conversion between them happens here and nowhere else. */

const defaults = { signingAlgorithm: "ES256", tokenLifetimeSeconds: 1_800 } as const;

export const toSettings = (body: CreateApi): ApiSettings => ({
  name: body.name,
  audience: body.audience,
  permissions: toPermissions(body.permissions),
  signingAlgorithm: body.signing_algorithm ?? defaults.signingAlgorithm,
  tokenLifetimeSeconds: body.token_lifetime_seconds ?? defaults.tokenLifetimeSeconds,
  openapiUrl: body.openapi_url,
  isOffered: body.offered ?? false,
  externalId: body.external_id,
  labels: body.labels ?? {},
});

const toPermissions = (permissions: CreateApi["permissions"]): ApiRecord["permissions"] =>
  permissions.map(({ name, description = "" }) => ({ name, description }));

export const applySettings = (before: ApiRecord, body: UpdateApi): ApiRecord => ({
  ...before,
  name: body.name ?? before.name,
  permissions: body.permissions ? toPermissions(body.permissions) : before.permissions,
  signingAlgorithm: body.signing_algorithm ?? before.signingAlgorithm,
  tokenLifetimeSeconds: body.token_lifetime_seconds ?? before.tokenLifetimeSeconds,
  openapiUrl: changed(body.openapi_url, before.openapiUrl),
  isOffered: body.offered ?? before.isOffered,
  externalId: changed(body.external_id, before.externalId),
  labels: body.labels ?? before.labels,
});

const builtIn = Object.entries(permissions).map(([name, description]) => ({ name, description }));

export function toApi(api: ApiRecord, plainSecret?: string): Api {
  const verifier = toVerifier(api, plainSecret);
  return {
    id: api.id,
    name: api.name,
    audience: api.audience,
    is_default: api.isDefault,
    permissions: api.isDefault ? builtIn : api.permissions,
    signing_algorithm: api.signingAlgorithm as SigningAlgorithm,
    token_lifetime_seconds: api.tokenLifetimeSeconds,
    ...optional("openapi_url", api.openapiUrl),
    offered: api.isOffered,
    ...optional("verifier_credential", verifier),
    ...optional("external_id", api.externalId),
    labels: api.labels,
    created_at: isoTime(api.createdAtMs),
    updated_at: isoTime(api.updatedAtMs),
  };
}

export function toVerifier(api: ApiRecord, plainSecret?: string): VerifierCredential | undefined {
  const { verifierHint: hint, verifierSinceMs, previousVerifierUntilMs: untilMs } = api;
  if (hint === undefined || verifierSinceMs === undefined) return undefined;
  return {
    username: api.id,
    ...optional("secret", plainSecret),
    hint,
    created_at: isoTime(verifierSinceMs),
    ...optional("previous_valid_until", untilMs === undefined ? undefined : isoTime(untilMs)),
  };
}
