-- Who is sending an event just now, and how long the receiver took to answer.

-- The note of the process that is sending it. Null: nobody is.
alter table webhook_deliveries add column claim_id text;
-- Of the last attempt. Null: nobody saw its end.
alter table webhook_deliveries add column last_duration_ms bigint;
