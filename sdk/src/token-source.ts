import { sharedWork } from "#shared-work";
import { isReplayable, isTokenRefused, signalOf, withToken } from "./bearer-request.ts";
import { steadyClock } from "./steady-clock.ts";
import { unlessAborted } from "./unless-aborted.ts";

/** Gives out access tokens, asks for as few as it can, and calls APIs with them. */
export interface TokenSource {
  /** A token that is good now. */
  token(): Promise<string>;
  /**
   * As `fetch`, with the token in the `Authorization` header. When the API says that the token is
   * no good, the request is sent once more with a new one, if its body can be sent twice. A `signal`
   * also ends the wait for a token; others who wait for the same one are not disturbed.
   */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;
}

export interface MintedToken {
  accessToken: string;
  lifetimeSeconds: number;
}

export interface TokenSourceOptions {
  /** Asks the server for a new token. */
  mint: () => Promise<MintedToken>;
  fetch: typeof fetch;
  now: () => number;
}

interface HeldToken {
  accessToken: string;
  /** From here on a new one is fetched, while this one still serves. */
  renewAtMs: number;
  usableUntilMs: number;
}

/** After a renewal ahead of time has failed, the next one waits for this long. */
const renewalPauseMs = 5000;

/** However many wait for a token, the server is asked once. */
export function createTokenSource(options: TokenSourceOptions): TokenSource {
  const now = steadyClock(options.now);
  let held: HeldToken | undefined;
  let running: Promise<string> | undefined;
  let renewNoEarlierMs = 0;

  async function mint(): Promise<string> {
    // Counted from before the request was sent: the server's clock began somewhere after that.
    const startedAtMs = now();
    held = heldToken(await options.mint(), startedAtMs);
    return held.accessToken;
  }

  function renew(): Promise<string> {
    running ??= sharedWork(
      mint().finally(() => {
        running = undefined;
      }),
    );
    return running;
  }

  function renewAhead(): void {
    renew().catch(() => {
      // Nobody was waiting. If it lasts, whoever needs the token is told.
      renewNoEarlierMs = now() + renewalPauseMs;
    });
  }

  async function token(): Promise<string> {
    const nowMs = now();
    if (held === undefined || nowMs >= held.usableUntilMs) return renew();
    if (nowMs >= held.renewAtMs && nowMs >= renewNoEarlierMs) renewAhead();
    return held.accessToken;
  }

  async function fetchWithToken(input: string | URL | Request, init?: RequestInit) {
    const signal = signalOf(input, init);
    const accessToken = await unlessAborted(signal, token);
    const response = await options.fetch(...withToken(accessToken, input, init));
    if (!isTokenRefused(response)) return response;
    // Another call may have replaced it already.
    if (held?.accessToken === accessToken) held = undefined;
    if (!isReplayable(input, init)) return response;
    await response.body?.cancel();
    return options.fetch(...withToken(await unlessAborted(signal, token), input, init));
  }

  return { token, fetch: fetchWithToken };
}

const aheadSecondsMax = 60;
const aheadShare = 0.1;
const shortLifetimeSeconds = 60;
/** A token on its way must not expire before it arrives. */
const marginSeconds = 5;

/** A short-lived token is used up to its end: renewing it ahead would ask for too many. */
function heldToken({ accessToken, lifetimeSeconds }: MintedToken, startedAtMs: number): HeldToken {
  const usableSeconds = lifetimeSeconds - marginSeconds;
  const aheadSeconds = Math.min(aheadSecondsMax, lifetimeSeconds * aheadShare);
  const isShort = lifetimeSeconds <= shortLifetimeSeconds;
  return {
    accessToken,
    renewAtMs: startedAtMs + (isShort ? usableSeconds : lifetimeSeconds - aheadSeconds) * 1000,
    usableUntilMs: startedAtMs + usableSeconds * 1000,
  };
}
