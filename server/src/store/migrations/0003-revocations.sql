-- What was taken back before it expired: tokens of a subject that were minted before a position. Kept for
-- as long as the longest token lives.

create table revocations (
  -- The position that this change took; a token whose `pos` is lower is void.
  position bigint primary key,
  tenant_id text not null,
  -- 'token', 'credential', 'client', …
  subject_type text not null,
  subject_id text not null,
  -- For a single token: whose it was. It bounds how many there may be.
  client_id text,
  -- A JSON array: only these permissions are gone. Null: everything is.
  dropped text,
  at_ms bigint not null,
  expires_at_ms bigint not null
);
create index revocations_by_expiry on revocations (expires_at_ms);
create index revocations_of_client on revocations (client_id);
