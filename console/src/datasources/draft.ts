import type { CheckDatasource } from "@countersign/protocol/admin/datasource-checks.ts";
import type {
  CreateDatasource,
  Datasource,
  UpdateDatasource,
} from "@countersign/protocol/admin/datasources.ts";

/** What stands in the form: texts as they were typed, and what is sent of them. */

export interface NamedLine {
  key: string;
  value: string;
}

/** Lines whose values nobody reads again: as they are, none, or all of them anew. */
export type SealedLines = "keep" | "remove" | NamedLine[];

export interface MatcherLine {
  status: string;
  header: string;
  body: string;
}

export interface Draft {
  name: string;
  profile: string;
  grant_type: "authorization_code" | "client_credentials";
  base_url: string;
  add_access_token_to: "header" | "query";
  header_prefix: string;
  query_parameter_name: string;
  access_token_url: string;
  authorization_url: string;
  client_id: string;
  client_secret: string;
  scopes: string;
  custom_authentication_parameters: NamedLine[];
  client_authentication: string;
  variables: Record<string, string>;
  private_key: string;
  private_key_id: string;
  issuer: string;
  refresh_url: string;
  revocation_url: string;
  introspection_url: string;
  userinfo_url: string;
  audience: string;
  resource: string[];
  scope_separator: string;
  body_format: string;
  pkce: string;
  refresh_client_authentication: string;
  send_scope_with_refresh: boolean;
  prove_refresh: boolean;
  lifetime_seconds: string;
  allowed_hosts: string[];
  expiry_matchers: MatcherLine[];
  certificate_authority: string;
  custom_token_parameters: SealedLines;
  custom_token_headers: SealedLines;
  custom_refresh_parameters: SealedLines;
  custom_refresh_headers: SealedLines;
}

export type DraftField = keyof Draft;

type Settings = Partial<Omit<Datasource, "id" | "name" | "client_id">> & { client_id?: string };

/** Of what is stored, or of what a profile proposes. Secrets are not in it: nobody can read them. */
export function draftOf(settings: Settings, name = ""): Draft {
  return {
    name,
    profile: settings.profile ?? "standard",
    grant_type: settings.grant_type ?? "authorization_code",
    base_url: settings.base_url ?? "",
    add_access_token_to: settings.add_access_token_to ?? "header",
    header_prefix: settings.header_prefix ?? "Bearer",
    query_parameter_name: settings.query_parameter_name ?? "access_token",
    access_token_url: settings.access_token_url ?? "",
    authorization_url: settings.authorization_url ?? "",
    client_id: settings.client_id ?? "",
    client_secret: "",
    scopes: settings.scopes?.join(", ") ?? "",
    custom_authentication_parameters: settings.custom_authentication_parameters ?? [],
    client_authentication: settings.client_authentication ?? "basic",
    variables: settings.variables ?? {},
    private_key: "",
    private_key_id: settings.private_key_id ?? "",
    issuer: settings.issuer ?? "",
    refresh_url: settings.refresh_url ?? "",
    revocation_url: settings.revocation_url ?? "",
    introspection_url: settings.introspection_url ?? "",
    userinfo_url: settings.userinfo_url ?? "",
    audience: settings.audience ?? "",
    resource: settings.resource ?? [],
    scope_separator: settings.scope_separator ?? " ",
    body_format: settings.body_format ?? "form",
    pkce: settings.pkce ?? "S256",
    refresh_client_authentication: settings.refresh_client_authentication ?? "",
    send_scope_with_refresh: settings.send_scope_with_refresh ?? false,
    prove_refresh: settings.prove_refresh ?? false,
    lifetime_seconds: settings.lifetime_seconds?.toString() ?? "",
    allowed_hosts: settings.allowed_hosts ?? [],
    expiry_matchers: (settings.expiry_matchers ?? []).map(({ status, header, body }) => ({
      status: status?.toString() ?? "",
      header: [header?.name, header?.contains].filter(Boolean).join(": "),
      body: body ?? "",
    })),
    certificate_authority: settings.certificate_authority ?? "",
    custom_token_parameters: "keep",
    custom_token_headers: "keep",
    custom_refresh_parameters: "keep",
    custom_refresh_headers: "keep",
  };
}

/** Only what differs: what a profile proposes goes on being the profile's. */
export function changedFields(before: Draft, after: Draft): DraftField[] {
  const names = Object.keys(after) as DraftField[];
  return names.filter((name) => !isSame(before[name], after[name]));
}

export const isSame = (one: Draft[DraftField], other: Draft[DraftField]): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

export function createBody(proposed: Draft, draft: Draft): CreateDatasource {
  const said = bodyOf(draft, changedFields(proposed, draft));
  const { profile, grant_type, name, client_id } = draft;
  return { ...said, name: name.trim(), client_id: client_id.trim(), profile, grant_type };
}

/** A text that is empty takes the setting away, also what the profile proposes. */
export function bodyOf(draft: Draft, fields: readonly DraftField[]): Record<string, unknown> {
  return Object.fromEntries(fields.map((field) => [field, toValue(field, draft)]));
}

function toValue(field: DraftField, draft: Draft): unknown {
  const value = draft[field];
  if (isSealed(field) && value === "remove") return null;
  if (field === "lifetime_seconds") return value === "" ? null : Number(value);
  if (field === "header_prefix" || field === "scope_separator") return value;
  if (field === "expiry_matchers") return draft.expiry_matchers.map(toMatcher).filter(isSomething);
  if (field === "variables") return trimmed(draft.variables);
  if (typeof value === "string") return value.trim() === "" ? null : value.trim();
  if (Array.isArray(value)) {
    return value.filter((line) => typeof line === "string" || !("key" in line) || line.key !== "");
  }
  return value;
}

const sealedFields: readonly DraftField[] = [
  "custom_token_parameters",
  "custom_token_headers",
  "custom_refresh_parameters",
  "custom_refresh_headers",
];
const isSealed = (field: DraftField): boolean => sealedFields.includes(field);

const trimmed = (variables: Record<string, string>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(variables)
      .map(([name, text]) => [name, text.trim()] as const)
      .filter(([, text]) => text !== ""),
  );

function toMatcher({ status, header, body }: MatcherLine): object {
  const [name = "", ...rest] = header.split(":");
  const contains = rest.join(":").trim();
  return {
    ...(status === "" ? {} : { status: Number(status) }),
    ...(header === ""
      ? {}
      : { header: { name: name.trim(), ...(contains === "" ? {} : { contains }) } }),
    ...(body === "" ? {} : { body }),
  };
}

const isSomething = (matcher: object): boolean => Object.keys(matcher).length > 0;

/** Tokens are tied to these: whoever holds some has to connect again. */
const tied: readonly DraftField[] = [
  "profile",
  "grant_type",
  "client_id",
  "issuer",
  "variables",
  "access_token_url",
  "refresh_url",
  "revocation_url",
  "base_url",
  "allowed_hosts",
];

/** Whether what changed may make connections void; the server decides. */
export const mayDisconnect = (stored: Draft, draft: Draft): boolean =>
  changedFields(stored, draft).some((field) => tied.includes(field));

/** For a check what there must be, and is not there yet, is simply not said. */
export function withoutEmpty({
  name,
  client_id,
  ...settings
}: UpdateDatasource | CreateDatasource): CheckDatasource {
  const given = Object.entries(settings).filter(([, value]) => value !== "");
  return {
    ...Object.fromEntries(given),
    ...(name ? { name } : {}),
    ...(client_id ? { client_id } : {}),
  };
}
