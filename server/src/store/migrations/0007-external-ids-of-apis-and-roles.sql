-- APIs and roles carry the caller's own id and labels too, so that a file can be applied twice.

alter table apis add column external_id text;
alter table apis add column labels text not null default '{}';
create unique index apis_by_external_id on apis (tenant_id, external_id);

alter table roles add column external_id text;
alter table roles add column labels text not null default '{}';
create unique index roles_by_external_id on roles (tenant_id, external_id);
