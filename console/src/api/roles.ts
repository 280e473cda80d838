import type { Api, ApiPage } from "@countersign/protocol/admin/apis.ts";
import type { Role, RolePage } from "@countersign/protocol/admin/roles.ts";
import { permissions } from "@countersign/protocol/permissions.ts";
import { useQuery } from "@tanstack/react-query";
import { useChange } from "./change.ts";
import { read, readVersioned } from "./request.ts";
import { useMay } from "./session.ts";

/** Roles, APIs, and the permissions that both speak of. */

export const rolesPath = "/v2/roles";
export const rolePath = (name: string): string => `${rolesPath}/${encodeURIComponent(name)}`;
export const apisPath = "/v2/apis";
export const apiPath = (id: string): string => `${apisPath}/${encodeURIComponent(id)}`;

export const rolesQuery = {
  queryKey: [rolesPath, "all"],
  queryFn: read<RolePage>(rolesPath, { limit: 100 }),
};
export const roleQuery = (name: string) => ({
  queryKey: [rolesPath, name],
  queryFn: readVersioned<Role>(rolePath(name)),
});
export const apisQuery = {
  queryKey: [apisPath, "all"],
  queryFn: read<ApiPage>(apisPath, { limit: 100 }),
};
export const apiQuery = (id: string) => ({
  queryKey: [apisPath, id],
  queryFn: readVersioned<Api>(apiPath(id)),
});

/** A change, after which whatever is shown of roles and APIs is asked for again. */
export const useAccessChange = <Input, Answer>(change: (input: Input) => Promise<Answer>) =>
  useChange(change, [rolesPath, apisPath]);

export interface PermissionGroup {
  /** Of which API; the built-in ones are about this server and the default API. */
  of: string;
  permissions: { name: string; description: string }[];
}

const builtIn: PermissionGroup["permissions"] = Object.entries(permissions).map(
  ([name, description]) => ({ name, description }),
);

/** Every permission that can be put into a role. */
export function useCatalogue(): PermissionGroup[] {
  const may = useMay();
  const { data } = useQuery({ ...apisQuery, enabled: may("apis:read"), staleTime: 60_000 });
  const others = data?.apis.filter((api) => !api.is_default && api.permissions.length > 0) ?? [];
  return [
    { of: "Countersign and the default API", permissions: builtIn },
    ...others.map((api) => ({ of: api.name, permissions: api.permissions })),
  ];
}
