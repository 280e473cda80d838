-- Who wants to be told when something happens to a connection, and what they are to be told.

create table webhooks (
  id text primary key,
  tenant_id text not null references tenants (id),
  url text not null,
  description text not null,
  -- JSON array of event types. Null: all of them.
  events text,
  enabled integer not null check (enabled in (0, 1)),
  -- What deliveries are signed with, sealed; the one before it signs as well for a while.
  sealed_secret text not null,
  sealed_previous_secret text,
  previous_until_ms bigint,
  external_id text,
  labels text not null,
  created_at_ms bigint not null,
  updated_at_ms bigint not null,
  version bigint not null
);
create index webhooks_of_tenant on webhooks (tenant_id, created_at_ms, id);
create unique index webhooks_by_external_id on webhooks (tenant_id, external_id);

-- Written in the transaction of what it tells of: nothing that happened goes untold.
create table webhook_deliveries (
  webhook_id text not null references webhooks (id),
  event_id text not null,
  tenant_id text not null references tenants (id),
  event_type text not null,
  -- JSON: the connection as it was then, without secrets.
  subject text not null,
  created_at_ms bigint not null,
  status text not null,
  attempts integer not null,
  next_attempt_ms bigint,
  last_attempt_ms bigint,
  last_status integer,
  last_error text,
  primary key (webhook_id, event_id)
);
create index webhook_deliveries_due on webhook_deliveries (next_attempt_ms);
create index webhook_deliveries_of_webhook on webhook_deliveries (webhook_id, created_at_ms, event_id);

-- When somebody was last told that a connection has to be connected again before it ends.
create table reconnect_notices (
  connection_id text primary key references connections (id) on delete cascade,
  tenant_id text not null references tenants (id),
  told_at_ms bigint not null
);
create index connections_by_refresh_expiry on connections (refresh_token_expires_at_ms);
