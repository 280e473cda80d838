-- People who can be administered, and API keys of people and of app clients, with roles of their own.

alter table users add column description text not null default '';
alter table users add column external_id text;
alter table users add column labels text not null default '{}';
alter table users add column updated_at_ms bigint not null default 0;
alter table users add column version bigint not null default 1;
update users set updated_at_ms = created_at_ms;
create unique index users_by_external_id on users (tenant_id, external_id);
create index users_in_order on users (tenant_id, created_at_ms, id);

-- SQLite cannot take `not null` and a reference away from a column, so the table is made anew.
alter table api_keys rename to api_keys_before;
create table api_keys (
  id text primary key,
  tenant_id text not null references tenants (id),
  name text not null,
  kind text not null,
  digest_scheme text not null,
  digest text not null,
  hint text not null,
  owner_type text not null check (owner_type in ('user', 'client', 'api_key')),
  owner_id text not null,
  enabled integer not null check (enabled in (0, 1)),
  external_id text,
  labels text not null,
  created_at_ms bigint not null,
  updated_at_ms bigint not null,
  expires_at_ms bigint,
  revoked_at_ms bigint,
  version bigint not null,
  unique (digest_scheme, digest),
  unique (tenant_id, external_id)
);
insert into api_keys (id, tenant_id, name, kind, digest_scheme, digest, hint, owner_type, owner_id,
  enabled, labels, created_at_ms, updated_at_ms, version)
select id, tenant_id, name, kind, digest_scheme, digest, hint, 'user', user_id,
  enabled, '{}', created_at_ms, created_at_ms, 1
from api_keys_before;
drop table api_keys_before;
create index api_keys_in_order on api_keys (tenant_id, created_at_ms, id);
create index api_keys_of_owner on api_keys (tenant_id, owner_id, created_at_ms, id);

-- Who has a role on one resource: what lists are filtered by.
create index role_bindings_by_resource on role_bindings (tenant_id, resource_type, resource_id);
