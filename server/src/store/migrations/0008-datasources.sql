-- Outside APIs, and the tokens that are held for them.

create table datasources (
  id text primary key,
  tenant_id text not null references tenants (id),
  name text not null,
  -- JSON: what was said about the API, without secrets.
  settings text not null,
  -- JSON, sealed: what nobody reads again.
  sealed_secrets text,
  external_id text,
  labels text not null,
  created_at_ms bigint not null,
  updated_at_ms bigint not null,
  version bigint not null
);
create index datasources_of_tenant on datasources (tenant_id, created_at_ms, id);
create unique index datasources_by_external_id on datasources (tenant_id, external_id);

create table connections (
  id text primary key,
  tenant_id text not null references tenants (id),
  datasource_id text not null references datasources (id),
  -- The caller's id of an end user; empty for the one that the team shares.
  owner text not null,
  enabled integer not null check (enabled in (0, 1)),
  state text not null,
  reason text,
  reason_detail text,
  since_ms bigint not null,
  -- Which connect links count: one that was followed to the end does not.
  link_id text not null,
  -- Who connected at the provider.
  account text,
  -- JSON arrays.
  requested_scopes text not null,
  granted_scopes text,
  tolerances text not null,
  -- JSON: what the provider said that belongs to the connection.
  captured text not null,
  token_origin text,
  api_base_url text,
  -- JSON, sealed: the tokens.
  sealed_tokens text,
  -- Counts up with every change of the tokens: what a refresh compares.
  token_version bigint not null,
  tokens_at_ms bigint,
  expires_at_ms bigint,
  refresh_token_expires_at_ms bigint,
  -- The refresh that was begun and has not ended, and how often this token was sent.
  refresh_id text,
  refresh_tries integer not null,
  failures integer not null,
  failing_since_ms bigint,
  next_try_at_ms bigint,
  external_id text,
  labels text not null,
  created_at_ms bigint not null,
  updated_at_ms bigint not null,
  version bigint not null
);
create unique index connections_by_owner on connections (datasource_id, owner);
create index connections_of_tenant on connections (tenant_id, created_at_ms, id);
create unique index connections_by_external_id on connections (tenant_id, external_id);
create index connections_by_expiry on connections (expires_at_ms);
