import { createAppClient, tokenFor, type CreatedAppClient } from "../calls.ts";
import { startServer, type InProcessServer } from "../server.ts";
import { createForger, type Forger } from "./forgery.ts";

/** The administration has a verifier of its own, the sample API beside it the SDK's: one table for both. */
export const ownApis = [
  { path: "/v2/app_clients", permission: "app_clients:read" },
  { path: "/v2/corpora", permission: "corpora:read" },
];

export interface OwnApi {
  server: InProcessServer;
  client: CreatedAppClient;
  /** Of the client, an administrator. */
  token: string;
  /** Makes tokens that are like it. */
  forger: Forger;
}

/** A server with both of them, and a token that they take. */
export async function startOwnApi(): Promise<OwnApi> {
  const server = await startServer();
  const client = await createAppClient(server, { api_roles: ["administrator"] });
  const token = await tokenFor(server, client);
  return { server, client, token, forger: await createForger(server, token) };
}
