import type { AppClient } from "@countersign/protocol/admin/app-clients.ts";
import type { Credential, CredentialList } from "@countersign/protocol/admin/credentials.ts";
import { useChange } from "./change.ts";
import { read, readVersioned, request } from "./request.ts";

/** App clients and their credentials. */

export const clientsPath = "/v2/app_clients";
export const clientPath = (id: string): string => `${clientsPath}/${encodeURIComponent(id)}`;

export const credentialPath = ({ id }: { id: string }, credential: { id: string }): string =>
  `${clientPath(id)}/credentials/${credential.id}`;

export const clientQuery = (id: string) => ({
  queryKey: [clientsPath, id],
  queryFn: readVersioned<AppClient>(clientPath(id)),
});

export const credentialsQuery = (id: string) => ({
  queryKey: [clientsPath, id, "credentials"],
  queryFn: read<CredentialList>(`${clientPath(id)}/credentials`),
});

/** A change, after which whatever is shown of app clients is asked for again. */
export const useClientChange = <Input, Answer>(change: (input: Input) => Promise<Answer>) =>
  useChange(change, [clientsPath]);

export interface ReadSecret {
  clientName: string;
  secret: string;
}

/** The newest secret that works. Throws `ApiProblem`; that it was read is audited. */
export async function readSecret(id: string): Promise<ReadSecret> {
  const [client, { credentials }] = await Promise.all([
    request<AppClient>("GET", clientPath(id)),
    request<CredentialList>("GET", `${clientPath(id)}/credentials`),
  ]);
  const newest = credentials.findLast(({ state }) => state === "active");
  if (newest === undefined) throw new Error("This client has no secret that works.");
  const path = credentialPath(client, newest);
  const { client_secret: secret } = await request<Credential>("GET", path);
  if (secret === undefined)
    throw new Error("No copy of this secret is kept, or it is not for you.");
  return { clientName: client.name, secret };
}
