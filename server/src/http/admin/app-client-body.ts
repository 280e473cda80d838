import type {
  AppClient,
  CreateAppClient,
  UpdateAppClient,
} from "@countersign/protocol/admin/app-clients.ts";
import type { Finding, FindingKind } from "@countersign/protocol/admin/usage.ts";
import { accountWide } from "../../access/rights.ts";
import type { ClientSettings } from "../../clients/app-client.ts";
import { warningsOf } from "../../clients/client-rules.ts";
import type { ClientRecord, FindingRecord, RoleBinding } from "../../store/records.ts";
import { isoTime } from "../iso-time.ts";

/** App clients on the wire and inside: the conversion between them happens here and nowhere else. */

type RoleFields = Pick<
  CreateAppClient,
  "api_roles" | "corpus_roles" | "agent_roles" | "resource_roles"
>;

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

function changed<Value>(
  value: Value | null | undefined,
  before: Value | undefined,
): Value | undefined {
  return value === undefined ? before : (value ?? undefined);
}

/** A list of roles that is given replaces the roles of its kind; the others stay. */
export function applyRoles(before: RoleBinding[], body: RoleFields): RoleBinding[] {
  const isKept = ({ resourceType }: RoleBinding): boolean =>
    body[fieldOf(resourceType)] === undefined;
  return [...before.filter(isKept), ...toBindings(body)];
}

export function toBindings(body: RoleFields): RoleBinding[] {
  return [
    ...(body.api_roles ?? []).map((role) => ({ role, ...accountWide })),
    ...(body.corpus_roles ?? []).map(({ corpus_key, role }) => ({
      role,
      resourceType: "corpus",
      resourceId: corpus_key,
    })),
    ...(body.agent_roles ?? []).map(({ agent_key, role }) => ({
      role,
      resourceType: "agent",
      resourceId: agent_key,
    })),
    ...(body.resource_roles ?? []).map(({ resource_type, resource_id, role }) => ({
      role,
      resourceType: resource_type,
      resourceId: resource_id,
    })),
  ];
}

function fieldOf(resourceType: string): keyof RoleFields {
  if (resourceType === accountWide.resourceType) return "api_roles";
  if (resourceType === "corpus") return "corpus_roles";
  return resourceType === "agent" ? "agent_roles" : "resource_roles";
}

export interface ClientView {
  client: ClientRecord;
  bindings: RoleBinding[];
  findings: FindingRecord[];
  plainSecret?: string | undefined;
}

export function toAppClient({ client, bindings, findings, plainSecret }: ClientView): AppClient {
  const roles = (field: keyof RoleFields) =>
    bindings.filter(({ resourceType }) => fieldOf(resourceType) === field);
  return {
    id: client.id,
    client_id: client.clientId,
    ...(plainSecret === undefined ? {} : { client_secret: plainSecret }),
    name: client.name,
    description: client.description,
    type: client.type as AppClient["type"],
    enabled: client.enabled,
    api_roles: roles("api_roles").map(({ role }) => role) as AppClient["api_roles"],
    corpus_roles: roles("corpus_roles").map(({ role, resourceId }) => ({
      corpus_key: resourceId,
      role,
    })) as AppClient["corpus_roles"],
    agent_roles: roles("agent_roles").map(({ role, resourceId }) => ({
      agent_key: resourceId,
      role,
    })) as AppClient["agent_roles"],
    resource_roles: roles("resource_roles").map(({ role, resourceType, resourceId }) => ({
      resource_type: resourceType,
      resource_id: resourceId,
      role,
    })) as AppClient["resource_roles"],
    grant_types: client.grantTypes as AppClient["grant_types"],
    redirect_uris: client.redirectUris,
    ...optional("token_endpoint_auth_method", client.authenticationMethod),
    ...optional("token_lifetime_seconds", client.tokenLifetimeSeconds),
    ...optional("external_id", client.externalId),
    labels: client.labels,
    warnings: warningsOf(client),
    ...(findings.length === 0 ? {} : { findings: findings.map(toFinding) }),
    created_at: isoTime(client.createdAtMs),
    updated_at: isoTime(client.updatedAtMs),
  };
}

/** An absent setting is an absent member, never `null`. */
function optional<Name extends keyof AppClient>(
  name: Name,
  value: unknown,
): Partial<Pick<AppClient, Name>> {
  return value === undefined ? {} : ({ [name]: value } as Pick<AppClient, Name>);
}

export const toFinding = (finding: FindingRecord): Finding => ({
  kind: finding.kind as FindingKind,
  ...(finding.origin === "" ? {} : { origin: finding.origin }),
  count: finding.count,
  first_seen_at: isoTime(finding.firstSeenAtMs),
  last_seen_at: isoTime(finding.lastSeenAtMs),
});
