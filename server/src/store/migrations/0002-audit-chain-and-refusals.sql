-- The audit log becomes a chain: each row gets its number and a hash over itself and the row before, and one
-- signed head per tenant vouches for all of them. Beside it, why requests were refused.

alter table audit_events add column sequence bigint;
alter table audit_events add column hash text;
create unique index audit_events_in_sequence on audit_events (tenant_id, sequence);
create index audit_events_unsealed on audit_events (tenant_id, at_ms, id) where sequence is null;
drop index audit_events_by_time;
create index audit_events_in_order on audit_events (tenant_id, at_ms, id);
create index audit_events_of_actor on audit_events (tenant_id, actor_id, at_ms);
create index audit_events_of_subject on audit_events (tenant_id, subject_id, at_ms);

create table audit_heads (
  tenant_id text primary key references tenants (id),
  sequence bigint not null,
  hash text not null,
  -- What retention has removed: the chain begins behind it.
  removed_sequence bigint not null,
  removed_hash text not null,
  key_id text not null,
  signed_at_ms bigint not null,
  jws text not null,
  mac text not null
);

create table refusals (
  request_id text primary key,
  tenant_id text not null,
  at_ms bigint not null,
  endpoint text not null,
  status integer not null,
  error text,
  cause text not null,
  client_id text,
  source_address text not null,
  details text not null
);
create index refusals_in_order on refusals (tenant_id, at_ms, request_id);
create index refusals_of_client on refusals (tenant_id, client_id, at_ms);
create index refusals_by_time on refusals (at_ms);
