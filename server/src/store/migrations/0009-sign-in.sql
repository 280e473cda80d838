-- How people sign in: passwords, sessions, second factors and recovery codes.

alter table users add column name text not null default '';
create index users_by_email on users (tenant_id, lower(email));

create table passwords (
  user_id text primary key,
  tenant_id text not null references tenants (id),
  -- argon2id in PHC form.
  hash text not null,
  set_at_ms bigint not null
);

create table sessions (
  id text primary key,
  tenant_id text not null references tenants (id),
  user_id text not null,
  digest text not null unique,
  -- What the person proved, in a JSON array.
  methods text not null,
  created_at_ms bigint not null,
  confirmed_at_ms bigint not null,
  last_used_at_ms bigint not null,
  expires_at_ms bigint not null,
  address text not null,
  user_agent text not null
);
create index sessions_of_user on sessions (tenant_id, user_id, created_at_ms);
create index sessions_by_expiry on sessions (expires_at_ms);

create table factors (
  id text primary key,
  tenant_id text not null references tenants (id),
  user_id text not null,
  kind text not null check (kind in ('totp', 'passkey')),
  name text not null,
  -- Of a time-based code: its secret, and the newest step that was spent.
  sealed_secret text,
  last_step bigint,
  -- Of a passkey.
  credential_id text unique,
  public_key text,
  sign_count bigint,
  transports text,
  created_at_ms bigint not null,
  last_used_at_ms bigint
);
create index factors_of_user on factors (tenant_id, user_id, created_at_ms);

create table recovery_codes (
  tenant_id text not null references tenants (id),
  user_id text not null,
  digest text not null,
  primary key (user_id, digest)
);
