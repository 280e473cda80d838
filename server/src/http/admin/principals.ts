import type { Principal } from "@countersign/protocol/admin/role-impact.ts";
import type { KnownApiKeys } from "../../api-keys/known-api-keys.ts";
import type { RefusalStore, UserStore } from "../../store/store.ts";

/** Who holds roles, as people know them: by name, and by the id of the resource that shows them. */

export interface PrincipalContext {
  store: Pick<UserStore, "findKnownUser"> & Pick<RefusalStore, "listClientNames">;
  callers: { apiKeys: Pick<KnownApiKeys, "findById"> };
}

/** Of one tenant. For a page of them at a time: each person and each key costs a look. */
export async function namePrincipals(
  { store, callers }: PrincipalContext,
  tenantId: string,
  principalIds: readonly string[],
): Promise<(principalId: string) => Principal> {
  const byId = new Map<string, Principal>();
  const clientIds: string[] = [];
  for (const id of new Set(principalIds)) {
    if (id.startsWith("usr_")) {
      const user = (await store.findKnownUser(id))?.user;
      const isOurs = user?.tenantId === tenantId;
      byId.set(id, { type: "user", id, ...(isOurs ? { name: user.username } : {}) });
    } else if (id.startsWith("aky_")) {
      const apiKey = (await callers.apiKeys.findById(id))?.apiKey;
      const isOurs = apiKey?.tenantId === tenantId;
      byId.set(id, { type: "api_key", id, ...(isOurs ? { name: apiKey.name } : {}) });
    } else clientIds.push(id);
  }
  for (const { id, clientId, name } of await store.listClientNames(tenantId, clientIds)) {
    byId.set(clientId, { type: "app_client", id, name });
  }
  return (id) => byId.get(id) ?? { type: "app_client", id };
}
