-- Text ids, epoch milliseconds as bigint, booleans as 0 or 1, JSON as text: the subset that SQLite and
-- Postgres share. Every table but the process-wide ones names its tenant.

create table head (
  id integer primary key check (id = 1),
  position bigint not null
);
insert into head (id, position) values (1, 0);

create table changes (
  position bigint primary key,
  tenant_id text not null,
  kind text not null,
  subject_id text not null,
  at_ms bigint not null
);
create index changes_by_time on changes (at_ms);

create table leases (
  name text primary key,
  holder text not null,
  beat bigint not null
);

create table tenants (
  id text primary key,
  name text not null,
  keeps_secrets integer not null check (keeps_secrets in (0, 1)),
  created_at_ms bigint not null
);

create table data_keys (
  id text primary key,
  tenant_id text not null references tenants (id),
  master_key_id text not null,
  wrapped_key text not null,
  created_at_ms bigint not null
);

create table signing_keys (
  id text primary key,
  tenant_id text not null references tenants (id),
  algorithm text not null,
  public_jwk text not null,
  sealed_private_key text,
  stage text not null check (stage in ('next', 'current', 'previous', 'retired')),
  created_at_ms bigint not null,
  stage_since_ms bigint not null
);
-- Two processes that start at once cannot both make the first key.
create unique index signing_keys_one_next on signing_keys (tenant_id, algorithm)
  where stage = 'next';
create unique index signing_keys_one_current on signing_keys (tenant_id, algorithm)
  where stage = 'current';

create table apis (
  id text primary key,
  tenant_id text not null references tenants (id),
  audience text not null,
  name text not null,
  is_default integer not null check (is_default in (0, 1)),
  signing_algorithm text not null,
  token_lifetime_seconds integer not null,
  created_at_ms bigint not null,
  unique (tenant_id, audience)
);

create table clients (
  client_id text primary key,
  id text not null unique,
  tenant_id text not null references tenants (id),
  name text not null,
  description text not null,
  type text not null,
  enabled integer not null check (enabled in (0, 1)),
  grant_types text not null,
  redirect_uris text not null,
  authentication_method text,
  token_lifetime_seconds integer,
  external_id text,
  labels text not null,
  created_at_ms bigint not null,
  updated_at_ms bigint not null,
  version bigint not null,
  deleted_at_ms bigint,
  unique (tenant_id, external_id)
);
create index clients_in_order on clients (tenant_id, created_at_ms, id);

create table credentials (
  id text primary key,
  tenant_id text not null references tenants (id),
  client_id text not null references clients (client_id),
  kind text not null,
  digest_scheme text not null,
  digest text not null,
  sealed_secret text,
  hint text not null,
  description text not null,
  created_at_ms bigint not null,
  expires_at_ms bigint,
  disabled_at_ms bigint,
  disabled_until_ms bigint,
  revoked_at_ms bigint
);
create index credentials_of_client on credentials (client_id, created_at_ms);

create table credential_uses (
  credential_id text primary key,
  tenant_id text not null,
  first_used_at_ms bigint not null,
  last_used_at_ms bigint not null,
  address text not null,
  user_agent text not null
);

create table role_bindings (
  tenant_id text not null references tenants (id),
  principal_id text not null,
  role text not null,
  resource_type text not null,
  resource_id text not null,
  primary key (principal_id, resource_type, resource_id, role)
);

create table users (
  id text primary key,
  tenant_id text not null references tenants (id),
  email text not null,
  username text not null,
  enabled integer not null check (enabled in (0, 1)),
  created_at_ms bigint not null,
  unique (tenant_id, username)
);

create table api_keys (
  id text primary key,
  tenant_id text not null references tenants (id),
  name text not null,
  kind text not null,
  digest_scheme text not null,
  digest text not null,
  hint text not null,
  user_id text not null references users (id),
  enabled integer not null check (enabled in (0, 1)),
  created_at_ms bigint not null,
  unique (digest_scheme, digest)
);

create table single_uses (
  kind text not null,
  digest text not null,
  tenant_id text not null,
  payload text not null,
  expires_at_ms bigint not null,
  primary key (kind, digest)
);
create index single_uses_by_expiry on single_uses (expires_at_ms);

create table idempotency_keys (
  tenant_id text not null,
  principal_id text not null,
  idempotency_key text not null,
  request_digest text not null,
  subject_id text not null,
  expires_at_ms bigint not null,
  primary key (tenant_id, principal_id, idempotency_key)
);
create index idempotency_keys_by_expiry on idempotency_keys (expires_at_ms);

create table audit_events (
  id text primary key,
  tenant_id text not null,
  at_ms bigint not null,
  actor_type text not null,
  actor_id text not null,
  action text not null,
  subject_type text not null,
  subject_id text not null,
  before text,
  after text,
  request_id text not null,
  source_address text
);
create index audit_events_by_time on audit_events (tenant_id, at_ms);

create table usage_counts (
  span_ms bigint not null,
  start_ms bigint not null,
  tenant_id text not null,
  client_id text not null,
  credential_id text not null,
  outcome text not null,
  count bigint not null,
  primary key (span_ms, start_ms, tenant_id, client_id, credential_id, outcome)
);

create table usage_processes (
  process_id text primary key,
  last_report_ms bigint not null
);

create table usage_gaps (
  id text primary key,
  from_ms bigint not null,
  until_ms bigint not null
);

create table findings (
  tenant_id text not null,
  client_id text not null,
  kind text not null,
  origin text not null,
  count bigint not null,
  first_seen_at_ms bigint not null,
  last_seen_at_ms bigint not null,
  primary key (tenant_id, client_id, kind)
);
