-- Clients are listed without those that were deleted, which stay: a list must not step over them.

drop index clients_in_order;
create index live_clients_in_order on clients (tenant_id, created_at_ms, id)
  where deleted_at_ms is null;
