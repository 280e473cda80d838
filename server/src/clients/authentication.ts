import type { ClientAuthenticationMethod } from "@countersign/protocol/oauth.ts";
import { OAuthError, type OAuthRefusal } from "../errors/oauth-error.ts";
import { findMatchingDigest, noDigest } from "../keys/secret.ts";
import type { CredentialRecord } from "../store/records.ts";
import { stateOf } from "./credential.ts";
import type { KnownClient, KnownClients } from "./known-clients.ts";
import { lookForNobody } from "./look-for-nobody.ts";

/**
 * Which client is calling, and how it proved it [RFC 6749 §2.3]. Every way to fail looks the same
 * from outside; the cause inside says which it was.
 */

/** What a request presents: parsed, not yet believed. */
export interface PresentedClient {
  clientId: string;
  plainSecret: string | undefined;
  method: ClientAuthenticationMethod;
}

export interface AuthenticatedClient {
  client: KnownClient;
  /** What it proved itself with; a public client has nothing. */
  credential: CredentialRecord | undefined;
}

/** A refusal that names the client, so that its owner can be told. */
export class ClientRefused extends OAuthError {
  /** As presented, whoever that is. */
  readonly clientId: string;
  /** Which of its credentials it was, when it was one. */
  readonly credential: CredentialRecord | undefined;
  declare client: KnownClient | undefined;
  /** How it tried to prove itself, when that was not the registered way. */
  readonly method: ClientAuthenticationMethod | undefined;

  constructor(
    refusal: OAuthRefusal,
    clientId: string,
    client?: KnownClient,
    tried: { credential?: CredentialRecord; method?: ClientAuthenticationMethod } = {},
  ) {
    super(refusal, client?.clientId);
    this.credentialId = tried.credential?.id;
    this.clientId = clientId;
    this.client = client;
    this.credential = tried.credential;
    this.method = tried.method;
  }
}

/**
 * Throws `invalid_client`, always after comparing a digest and after as many looks into the store, so
 * that the time tells nothing.
 */
export async function authenticateClient(
  clients: KnownClients,
  presented: PresentedClient,
  atMs: number,
): Promise<AuthenticatedClient> {
  const { clientId, plainSecret, method } = presented;
  const inMemory = clients.peek(clientId);
  const client = inMemory ?? (await clients.find(clientId));
  const index = findMatchingDigest(plainSecret ?? "", client?.digests ?? [noDigest]);
  const slip =
    index === -1 ? findSlip(plainSecret ?? "", client?.digests ?? [noDigest]) : undefined;
  if (client === undefined) throw new ClientRefused("unknown_client", clientId);
  const credential = method === "none" ? undefined : client.credentials[index];
  try {
    checkClient(client, method, { credential, slip }, atMs);
    return { client, credential };
  } catch (refusal) {
    const looking = lookForNobody(clients.find, clientId);
    // One that was read just now has had its look; the next guess at it must find this one done.
    if (inMemory !== undefined) await looking;
    throw refusal;
  }
}

interface Proof {
  credential: CredentialRecord | undefined;
  slip: OAuthRefusal | undefined;
}

function checkClient(
  client: KnownClient,
  method: ClientAuthenticationMethod,
  proof: Proof,
  atMs: number,
): void {
  checkMethod(client, method);
  if (method !== "none") checkCredential(client, proof, atMs);
  if (!client.enabled) throw new ClientRefused("client_disabled", client.clientId, client);
}

/** Without a registered method Basic and post are both accepted; a registered one is the only one. */
function checkMethod(client: KnownClient, method: ClientAuthenticationMethod): void {
  const registered = client.authenticationMethod;
  const isAccepted = registered === undefined ? method !== "none" : method === registered;
  if (isAccepted) return;
  throw new ClientRefused("wrong_authentication_method", client.clientId, client, { method });
}

/**
 * Whether a secret that is wrong would be right but for a slip on the way: `+` that was decoded as a
 * space, or white space around it. Looked for with unknown clients too, so that the time tells
 * nothing; the answer is the same as for any wrong secret.
 */
function findSlip(plainSecret: string, digests: readonly Buffer[]): OAuthRefusal | undefined {
  const withPlus = plainSecret.replaceAll(" ", "+");
  const trimmed = plainSecret.trim();
  const isPlus = withPlus !== plainSecret && findMatchingDigest(withPlus, digests) !== -1;
  const isSpace = trimmed !== plainSecret && findMatchingDigest(trimmed, digests) !== -1;
  if (isPlus) return "secret_plus_decoded_as_space";
  return isSpace ? "secret_with_white_space" : undefined;
}

function checkCredential(client: KnownClient, { credential, slip }: Proof, atMs: number): void {
  if (credential === undefined) {
    throw new ClientRefused(slip ?? "wrong_secret", client.clientId, client);
  }
  const state = stateOf(credential, atMs);
  if (state === "active") return;
  throw new ClientRefused(`credential_${state}`, client.clientId, client, { credential });
}
