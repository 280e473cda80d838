import type { ClientName, RefusalStore } from "../../store/store.ts";

/** The names of clients that something is said about, of one tenant; others have none. */
export async function namesOf(
  store: RefusalStore,
  tenantId: string,
  clientIds: (string | undefined)[],
): Promise<(clientId: string | undefined) => { client?: NamedClient }> {
  const ids = new Set(clientIds.filter((id) => id !== undefined && id !== ""));
  const names = await store.listClientNames(tenantId, [...ids] as string[]);
  const byId = new Map(names.map((name) => [name.clientId, { client: toNamedClient(name) }]));
  return (clientId) => byId.get(clientId ?? "") ?? {};
}

type NamedClient = ReturnType<typeof toNamedClient>;

export const toNamedClient = ({ id, clientId, name }: ClientName) => ({
  id,
  client_id: clientId,
  name,
});
