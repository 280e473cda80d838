import { isIP } from "node:net";
import { digestOf } from "../keys/secret.ts";
import type { Sealer } from "../keys/sealing.ts";
import type { UsedChallenge } from "../store/store.ts";
import type { System } from "../system.ts";

/**
 * What a passkey signs. A challenge is a sealed text on a page, for one purpose, one browser and mostly
 * one person; nothing is stored until it is used, and then that it was.
 */

/** Whom passkeys are made for, and no other site can use [WebAuthn §4]. */
export interface RelyingParty {
  /** The host name. */
  id: string;
  origin: string;
}

/** `undefined` for an IP address: those cannot have passkeys [WebAuthn §5.1.3]. */
export function relyingPartyOf(publicUrl: string): RelyingParty | undefined {
  const { hostname: id, origin } = new URL(publicUrl);
  return isIP(id) === 0 && !id.startsWith("[") ? { id, origin } : undefined;
}

/** What stands on the page, for which browser, and whom it may be answered by. */
export interface ChallengeFor {
  purpose: "enrol" | "sign_in" | "second_step" | "confirm";
  /** Absent: anybody. */
  userId: string | undefined;
  /** A value that only this browser has. */
  browser: string;
}

export interface Challenge {
  /** base64url. */
  challenge: string;
  /** The same, sealed, to come back with the answer. */
  pending: string;
}

interface ChallengeContext {
  system: System;
  sealer: Sealer;
  tenantId: string;
}

const lifetimeMs = 10 * 60_000;
const label = "passkey.challenge";

export function makeChallenge(
  { system, sealer, tenantId }: ChallengeContext,
  whose: ChallengeFor,
): Challenge {
  const challenge = system.randomBytes(32).toString("base64url");
  const text = JSON.stringify({ challenge, untilMs: system.now() + lifetimeMs });
  return { challenge, pending: sealer.seal({ tenantId, label, rowId: rowOf(whose) }, text) };
}

/** `undefined` when it is none of ours, or not for this, or too old. */
export function openChallenge(
  { system, sealer, tenantId }: ChallengeContext,
  whose: ChallengeFor,
  pending: string,
): { challenge: string; use: UsedChallenge } | undefined {
  try {
    const text = sealer.open({ tenantId, label, rowId: rowOf(whose) }, pending);
    const { challenge, untilMs } = JSON.parse(text) as { challenge: string; untilMs: number };
    if (untilMs <= system.now()) return undefined;
    return { challenge, use: { digest: digestOf(challenge), expiresAtMs: untilMs } };
  } catch {
    return undefined;
  }
}

const rowOf = ({ purpose, userId, browser }: ChallengeFor): string =>
  JSON.stringify([purpose, userId ?? "", digestOf(browser)]);
