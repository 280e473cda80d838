-- APIs get a catalogue of permissions and a verifier credential of their own; tenants get roles of their own.

alter table apis add column permissions text not null default '[]';
alter table apis add column openapi_url text;
alter table apis add column is_offered integer not null default 0 check (is_offered in (0, 1));
alter table apis add column verifier_digest text;
alter table apis add column verifier_hint text;
alter table apis add column verifier_since_ms bigint;
alter table apis add column previous_verifier_digest text;
alter table apis add column previous_verifier_until_ms bigint;
alter table apis add column updated_at_ms bigint not null default 0;
alter table apis add column version bigint not null default 1;
update apis set updated_at_ms = created_at_ms;

create table roles (
  tenant_id text not null references tenants (id),
  name text not null,
  description text not null,
  -- JSON arrays. Null: it may be bound to everything.
  permissions text not null,
  resource_types text,
  created_at_ms bigint not null,
  updated_at_ms bigint not null,
  version bigint not null,
  primary key (tenant_id, name)
);
create index role_bindings_of_role on role_bindings (tenant_id, role);
