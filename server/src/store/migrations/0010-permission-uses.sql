-- Which permissions were really used, by whom, and how often: what a change of a role would take from
-- people who need it. One row for a principal, a permission and a day; kept for a month.

create table permission_uses (
  tenant_id text not null references tenants (id),
  principal_id text not null,
  permission text not null,
  day_ms bigint not null,
  calls bigint not null,
  last_used_at_ms bigint not null,
  primary key (tenant_id, principal_id, permission, day_ms)
);
create index permission_uses_by_day on permission_uses (day_ms);
