import type {
  AppClient,
  CreateAppClient,
  UpdateAppClient,
} from "@countersign/protocol/admin/app-clients.ts";
import type { Finding, FindingKind } from "@countersign/protocol/admin/usage.ts";
import type { ClientSettings } from "../../clients/app-client.ts";
import { warningsOf } from "../../clients/client-rules.ts";
import type { ClientRecord, FindingRecord, RoleBinding } from "../../store/records.ts";
import { isoTime } from "../iso-time.ts";
import { changed, optional } from "./member.ts";
import { toRoleFields } from "./role-fields.ts";

/** App clients on the wire and inside: the conversion between them happens here and nowhere else. */

export function toSettings(body: CreateAppClient): ClientSettings {
  return {
    name: body.name,
    description: body.description ?? "",
    type: body.type,
    enabled: body.enabled ?? true,
    grantTypes: body.grant_types ?? defaultGrantTypes[body.type],
    redirectUris: body.redirect_uris ?? [],
    authenticationMethod: body.token_endpoint_auth_method,
    tokenLifetimeSeconds: body.token_lifetime_seconds,
    externalId: body.external_id,
    labels: body.labels ?? {},
  };
}

const defaultGrantTypes = {
  client_credentials: ["client_credentials"],
  authorization_code: ["authorization_code", "refresh_token"],
};

/** The client after a change: absent members stay, `null` takes a setting away. */
export function applySettings(before: ClientRecord, body: UpdateAppClient): ClientRecord {
  return {
    ...before,
    name: body.name ?? before.name,
    description: body.description ?? before.description,
    enabled: body.enabled ?? before.enabled,
    grantTypes: body.grant_types ?? before.grantTypes,
    redirectUris: body.redirect_uris ?? before.redirectUris,
    labels: body.labels ?? before.labels,
    authenticationMethod: changed(body.token_endpoint_auth_method, before.authenticationMethod),
    tokenLifetimeSeconds: changed(body.token_lifetime_seconds, before.tokenLifetimeSeconds),
    externalId: changed(body.external_id, before.externalId),
  };
}

export interface ClientView {
  client: ClientRecord;
  bindings: RoleBinding[];
  findings: FindingRecord[];
  lastUsedAtMs?: number | undefined;
  plainSecret?: string | undefined;
}

export function toAppClient(view: ClientView): AppClient {
  const { client, bindings, findings, plainSecret, lastUsedAtMs } = view;
  return {
    id: client.id,
    client_id: client.clientId,
    ...(plainSecret === undefined ? {} : { client_secret: plainSecret }),
    name: client.name,
    description: client.description,
    type: client.type as AppClient["type"],
    enabled: client.enabled,
    ...toRoleFields(bindings),
    grant_types: client.grantTypes as AppClient["grant_types"],
    redirect_uris: client.redirectUris,
    ...optional(
      "token_endpoint_auth_method",
      client.authenticationMethod as AppClient["token_endpoint_auth_method"],
    ),
    ...optional("token_lifetime_seconds", client.tokenLifetimeSeconds),
    ...optional("external_id", client.externalId),
    labels: client.labels,
    warnings: warningsOf(client),
    ...(findings.length === 0 ? {} : { findings: findings.map(toFinding) }),
    ...(lastUsedAtMs === undefined ? {} : { last_used_at: isoTime(lastUsedAtMs) }),
    created_at: isoTime(client.createdAtMs),
    updated_at: isoTime(client.updatedAtMs),
  };
}

export const toFinding = (finding: FindingRecord): Finding => ({
  kind: finding.kind as FindingKind,
  ...(finding.origin === "" ? {} : { origin: finding.origin }),
  count: finding.count,
  first_seen_at: isoTime(finding.firstSeenAtMs),
  last_seen_at: isoTime(finding.lastSeenAtMs),
});
