import type { Apis, KnownApi } from "../access/apis.ts";
import { findMatchingDigest, noDigest } from "../keys/secret.ts";
import { ClientRefused, type PresentedClient } from "./authentication.ts";
import { lookForNobody } from "./look-for-nobody.ts";

/**
 * How an API proves itself where it asks about its own tokens: with its id and its verifier secret, as
 * a client does with Basic [RFC 7662 §2.1]. Every way to fail looks the same from outside.
 */

/** No app client has an id with an underscore. */
export const isVerifier = ({ clientId, method }: PresentedClient): boolean =>
  clientId.startsWith("api_") && method === "client_secret_basic";

/**
 * Throws `invalid_client`, always after comparing a digest and after as many looks into the store, so
 * that the time tells nothing.
 */
export async function authenticateVerifier(
  apis: Pick<Apis, "findById">,
  { clientId, plainSecret }: PresentedClient,
  atMs: number,
): Promise<KnownApi> {
  const api = await apis.findById(clientId);
  const index = findMatchingDigest(plainSecret ?? "", api ? digestsOf(api, atMs) : [noDigest]);
  if (api === undefined) throw new ClientRefused("unknown_client", clientId);
  if (index !== -1) return api;
  await lookForNobody(apis.findById, clientId);
  throw new ClientRefused("wrong_secret", clientId);
}

/** An API without a credential compares with zeros, which no secret has. */
function digestsOf(api: KnownApi, atMs: number): Buffer[] {
  const { verifierDigest, previousVerifierDigest, previousVerifierUntilMs = 0 } = api;
  const previous = previousVerifierUntilMs > atMs ? previousVerifierDigest : undefined;
  const digests = [verifierDigest, previous].filter((digest) => digest !== undefined);
  return [noDigest, ...digests.map((digest) => Buffer.from(digest, "base64url"))];
}
