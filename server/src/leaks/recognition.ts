import { setImmediate as nextTurn } from "node:timers/promises";
import type { AccessTokenClaims } from "@countersign/protocol/access-token.ts";
import { digestOf, digestScheme, hintOf } from "../keys/secret.ts";
import type { DigestOwner, LeakStore } from "../store/store.ts";
import { readOwnToken, type OwnTokenContext } from "../tokens/own-token.ts";
import { candidatesIn } from "./candidate.ts";

/** Which of the reported texts hold a secret or a token of ours. */

export interface RecognitionContext extends OwnTokenContext {
  store: LeakStore;
  /** Whose keys sign, and in whose name: one tenant's are served yet. */
  tenantId: string;
  issuer: string;
}

/** Something of ours that was reported. */
export type Recognised = RecognisedSecret | RecognisedToken;

interface RecognisedSecret extends DigestOwner {
  /** In memory until the report is answered, so that it can be taken out of what is kept. */
  plainSecret: string;
}

export interface RecognisedToken extends Omit<RecognisedSecret, "kind" | "clientId"> {
  kind: "access_token";
  clientId: string;
  claims: AccessTokenClaims;
}

export const hintOfRecognised = ({ plainSecret }: Recognised): string => hintOf(plainSecret);

/** So many texts are read before others get their turn. */
const textsPerTurn = 100;

/**
 * What was found in each text; more than one thing when a whole line was sent. Rejects with
 * `StoreUnavailable`: what cannot be looked up is never called unknown.
 */
export async function recognise(
  context: RecognitionContext,
  texts: readonly string[],
): Promise<Recognised[][]> {
  const read: { digests: Map<string, string>; tokens: RecognisedToken[] }[] = [];
  for (const text of texts) {
    if (read.length % textsPerTurn === textsPerTurn - 1) await nextTurn();
    const { secrets, tokens } = candidatesIn(text);
    const digests = new Map(secrets.map((secret) => [digestOf(secret), secret]));
    read.push({ digests, tokens: await recogniseTokens(context, tokens) });
  }
  const ownersOf = await findOwners(
    context.store,
    read.flatMap(({ digests }) => [...digests.keys()]),
  );
  return read.map(({ digests, tokens }) => [
    ...tokens,
    ...[...digests].flatMap(([digest, plainSecret]) =>
      ownersOf(digest).map((owner) => ({ ...owner, plainSecret })),
    ),
  ]);
}

async function findOwners(
  store: LeakStore,
  digests: readonly string[],
): Promise<(digest: string) => DigestOwner[]> {
  const owners = new Map<string, DigestOwner[]>();
  for (const owner of await store.findDigestOwners(digestScheme, [...new Set(digests)])) {
    owners.set(owner.digest, [...(owners.get(owner.digest) ?? []), owner]);
  }
  return (digest) => owners.get(digest) ?? [];
}

/** By their signature; one that has expired was ours all the same, while its key is published. */
async function recogniseTokens(
  context: RecognitionContext,
  tokens: readonly string[],
): Promise<RecognisedToken[]> {
  const { tenantId, issuer } = context;
  const found: RecognisedToken[] = [];
  for (const token of tokens) {
    const claims = await readOwnToken(context, token, { tenantId, issuer, mayHaveExpired: true });
    if (claims === undefined) continue;
    found.push({
      kind: "access_token",
      digest: digestOf(token),
      tenantId: claims.tenant,
      id: claims.jti,
      clientId: claims.client_id,
      plainSecret: token,
      claims,
    });
  }
  return found;
}
