import type { AuthenticationResponseJSON, RegistrationResponseJSON } from "@simplewebauthn/server";
import { auditOf } from "../audit/audit.ts";
import { badField } from "../errors/admin-error.ts";
import type { UserRecord } from "../store/records.ts";
import type { FactorRecord, SessionRecord } from "../store/store.ts";
import { newId } from "../system.ts";
import { openChallenge, type ChallengeFor, type RelyingParty } from "./passkey-challenge.ts";
import { addFactor } from "./second-factor.ts";
import { actorOf, type SignInFrom } from "./session.ts";
import { SignInRefused, type SignInContext } from "./sign-in.ts";

/**
 * Passkeys: a key pair on a person's device, bound to our host name, so that no other site can ask for
 * it [WebAuthn §13.4.9]. After a password it is a second factor. Alone it needs that the device has
 * checked who is there.
 */

/** What a browser brought back, as it came. */
export interface PasskeyAnswer {
  pending: string;
  /** JSON, from a stranger. */
  text: string;
}

/** ES256, RS256 and Ed25519: what authenticators make. */
export const passkeyAlgorithms = [-7, -257, -8];

/** Answers recovery codes with the first factor. Throws 400 and 409. */
export async function addPasskey(
  context: SignInContext,
  own: SessionRecord,
  offered: PasskeyAnswer & { browser: string; name: string },
  from: SignInFrom,
): Promise<string[]> {
  const { system, relyingParty } = context;
  const { tenantId, userId } = own;
  const whose: ChallengeFor = { purpose: "enrol", userId, browser: offered.browser };
  const opened = openChallenge(context, whose, offered.pending);
  if (opened === undefined || relyingParty === undefined) throw notTaken();
  const made = await checkNew(relyingParty, opened.challenge, offered.text);
  if (made === undefined) throw notTaken();
  const factor: FactorRecord = {
    id: newId(system, "fct_"),
    tenantId,
    userId,
    kind: "passkey",
    name: offered.name || "Passkey",
    sealedSecret: undefined,
    lastStep: undefined,
    ...made,
    createdAtMs: system.now(),
    lastUsedAtMs: undefined,
  };
  return addFactor(context, own, { factor, challenge: opened.use }, from);
}

const notTaken = () =>
  badField(
    "passkey",
    "The passkey was not taken: the page was too old, or it is for another site.",
  );

type NewPasskey = Pick<FactorRecord, "credentialId" | "publicKey" | "signCount" | "transports">;

/** `undefined` for whatever is not a new passkey for us [WebAuthn §7.1]. */
async function checkNew(
  { id, origin }: RelyingParty,
  expectedChallenge: string,
  text: string,
): Promise<NewPasskey | undefined> {
  const { verifyRegistrationResponse } = await library();
  try {
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response: JSON.parse(text) as RegistrationResponseJSON,
      expectedChallenge,
      expectedOrigin: origin,
      expectedRPID: id,
      // Without it the passkey does after a password, and alone it is asked again.
      requireUserVerification: false,
      supportedAlgorithmIDs: passkeyAlgorithms,
    });
    if (!verified) return undefined;
    const { credential } = registrationInfo;
    return {
      credentialId: credential.id,
      publicKey: Buffer.from(credential.publicKey).toString("base64url"),
      signCount: credential.counter,
      transports: knownTransports(credential.transports),
    };
  } catch {
    return undefined;
  }
}

const transportNames = new Set(["ble", "cable", "hybrid", "internal", "nfc", "smart-card", "usb"]);

const knownTransports = (given: readonly unknown[] = []): string[] =>
  [...new Set(given)].filter((one): one is string => transportNames.has(one as string));

/**
 * Whose passkey answered. `userId` is absent where nobody has said yet who is there. Throws
 * `SignInRefused` for whatever is wrong.
 */
export async function checkPasskey(
  context: SignInContext,
  answer: PasskeyAnswer,
  whose: ChallengeFor & { needsVerification: boolean },
  from: SignInFrom,
): Promise<UserRecord> {
  const { system, store, tenantId, relyingParty } = context;
  const opened = openChallenge(context, whose, answer.pending);
  const response = parseAnswer(answer.text);
  if (relyingParty === undefined || opened === undefined || response === undefined) {
    throw new SignInRefused();
  }
  const passkey = await store.findPasskey(tenantId, response.id);
  const user = passkey && (await store.findKnownUser(passkey.userId))?.user;
  const isWhose = whose.userId === undefined || whose.userId === user?.id;
  if (passkey === undefined || user?.enabled !== true || !isWhose) throw new SignInRefused();
  const { needsVerification } = whose;
  const at = { ...relyingParty, challenge: opened.challenge, needsVerification };
  const signCount = await checkAnswer(passkey, response, at);
  if (signCount === undefined) throw new SignInRefused();
  const { id } = passkey;
  const outcome = await store.usePasskey({
    tenantId,
    id,
    challenge: opened.use,
    signCount,
    atMs: system.now(),
    auditBehind: auditOf(system, actorOf(passkey, from), {
      action: "user.passkey_counter_behind",
      subjectType: "user",
      subjectId: user.id,
      after: { factor_id: id, name: passkey.name, counter: signCount },
    }),
  });
  if (outcome !== "written") throw new SignInRefused();
  return user;
}

function parseAnswer(text: string): AuthenticationResponseJSON | undefined {
  try {
    const parsed = JSON.parse(text) as AuthenticationResponseJSON | null;
    return typeof parsed?.id === "string" ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** The passkey's counter, or `undefined` for what it did not sign for us, now [WebAuthn §7.2]. */
async function checkAnswer(
  { credentialId = "", publicKey = "" }: FactorRecord,
  response: AuthenticationResponseJSON,
  at: RelyingParty & { challenge: string; needsVerification: boolean },
): Promise<number | undefined> {
  const { verifyAuthenticationResponse } = await library();
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response,
      expectedChallenge: at.challenge,
      expectedOrigin: at.origin,
      expectedRPID: at.id,
      requireUserVerification: at.needsVerification,
      // The store compares the counter, so that of two at once one is behind.
      credential: { id: credentialId, publicKey: bytesOf(publicKey), counter: 0 },
    });
    return verified ? authenticationInfo.newCounter : undefined;
  } catch {
    return undefined;
  }
}

const bytesOf = (base64url: string) => new Uint8Array(Buffer.from(base64url, "base64url"));

/** Loaded by the first passkey: most processes never need it. */
const library = () => import("@simplewebauthn/server");
