import { Explain, Explanation } from "@countersign/protocol/admin/explain.ts";
import { explain, type Holder } from "../../access/explain.ts";
import { rightsOf } from "../../access/rights.ts";
import type { RoleCatalogue, Roles } from "../../access/roles.ts";
import type { KnownApiKeys } from "../../api-keys/known-api-keys.ts";
import { badField, notFound } from "../../errors/admin-error.ts";
import type { ApiKeyStore, ClientStore, UserStore } from "../../store/store.ts";
import { route, type AdminServer } from "./route.ts";

/** `/v2/explain`: why somebody may do something, or not. */

export interface ExplainRoutes {
  store: ClientStore & UserStore & ApiKeyStore;
  roles: Roles;
  callers: { apiKeys: KnownApiKeys };
}

const ask = route({
  permission: "roles:read",
  tag: "Roles",
  summary: "Explain whether somebody may do something, and why",
  description: "Answered by the function that decides on every request.",
  body: Explain,
  success: { 200: Explanation },
});

export function registerExplain(server: AdminServer, context: ExplainRoutes): void {
  server.post("/explain", ask, async ({ body, caller }) => {
    const { principal, permission, resource } = body;
    const { tenantId } = caller.actor;
    const roles = await context.roles.of(tenantId);
    if (!roles.permissions.has(permission)) {
      throw badField("permission", "is neither built in nor of an API of the account");
    }
    const holder = await findHolder[principal.type](context, { tenantId, id: principal.id, roles });
    if (holder === undefined) throw notFound(principal.id);
    const { isAllowed, because, why } = explain(holder, roles, permission, resource);
    return {
      allowed: isAllowed,
      because: because.map(({ role, resourceType, resourceId }) => ({
        role,
        resource_type: resourceType,
        resource_id: resourceId,
      })),
      ...(isAllowed ? {} : { missing: permission }),
      why,
    };
  });
}

type FindHolder = (
  context: ExplainRoutes,
  of: { tenantId: string; id: string; roles: RoleCatalogue },
) => Promise<Holder | undefined>;

const findHolder: Record<Explain["principal"]["type"], FindHolder> = {
  async app_client({ store }, { tenantId, id, roles }) {
    const known = await store.findClient(tenantId, id);
    if (known === undefined) return undefined;
    const { client, bindings } = known;
    return { isActive: client.enabled, rights: rightsOf(bindings, roles), bindings };
  },
  async user({ store }, { tenantId, id, roles }) {
    const known = await store.findKnownUser(id);
    if (known?.user.tenantId !== tenantId) return undefined;
    const { user, bindings } = known;
    return { isActive: user.enabled, rights: rightsOf(bindings, roles), bindings };
  },
  async api_key({ store, callers }, { tenantId, id }) {
    const known = await callers.apiKeys.findById(id);
    if (known?.apiKey.tenantId !== tenantId) return undefined;
    const { kind, ownerId } = known.apiKey;
    const holderId = kind === "personal" ? ownerId : id;
    const bindings = (await store.listBindings(tenantId, [holderId])).get(holderId) ?? [];
    return { isActive: known.enabled, rights: known.rights, bindings };
  },
};
