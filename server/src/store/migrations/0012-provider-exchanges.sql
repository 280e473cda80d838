-- What was said between us and a provider, without secrets: the last few exchanges of each connection.

create table provider_exchanges (
  id text primary key,
  tenant_id text not null references tenants (id),
  connection_id text not null references connections (id) on delete cascade,
  at_ms bigint not null,
  step text not null,
  curl text not null,
  status integer,
  answer text,
  duration_ms bigint not null,
  -- Null: it went well.
  cause text,
  detail text,
  -- JSON array.
  tolerances text not null
);
create index provider_exchanges_of_connection on provider_exchanges (connection_id, at_ms, id);
create index provider_exchanges_by_time on provider_exchanges (at_ms);
