-- Secrets that were reported as leaked: one row per secret and one per place it was seen at. What is done by
-- itself is said by the credential or API key; null is `notify`.

alter table credentials add column on_leak text;
alter table api_keys add column on_leak text;

-- A report names a secret, and all that is known of it is its digest.
create index credentials_by_digest on credentials (digest);
create index apis_by_verifier on apis (verifier_digest);
create index apis_by_previous_verifier on apis (previous_verifier_digest);

create table leaks (
  id text primary key,
  tenant_id text not null references tenants (id),
  digest text not null,
  -- 'client_secret', 'api_key', 'verifier_secret' or 'access_token', and which one.
  kind text not null,
  subject_id text not null,
  client_id text,
  owner_type text,
  owner_id text,
  hint text not null,
  -- As it was when it was last reported from a new place.
  state text not null,
  policy text not null,
  response text not null,
  rights text not null,
  status text not null check (status in ('open', 'resolved', 'false_alarm')),
  note text not null,
  place_count bigint not null,
  first_reported_at_ms bigint not null,
  last_reported_at_ms bigint not null,
  version bigint not null,
  unique (tenant_id, digest)
);
create index leaks_in_order on leaks (tenant_id, first_reported_at_ms, id);
create index leaks_of_client on leaks (tenant_id, client_id, first_reported_at_ms, id);

create table leak_places (
  leak_id text not null references leaks (id),
  -- SHA-256 of where it is: a report that comes again changes nothing.
  place_digest text not null,
  tenant_id text not null,
  url text not null,
  source text not null,
  type text not null,
  reporter_type text not null,
  reporter_id text not null,
  at_ms bigint not null,
  primary key (leak_id, place_digest)
);
