import { sharedWork } from "#shared-work";
import { AuthorizationError } from "./authorization-error.ts";
import { keyLifetimeSeconds } from "./cache-control.ts";
import { loadEndpoint } from "./issuer-metadata.ts";
import { type Fetch, loadJson } from "./json-document.ts";
import { type KeySet, readKeySet, type VerificationKey } from "./key-set.ts";
import type { SignaturePlatform } from "./signature/signature.ts";
import { steadyClock } from "./steady-clock.ts";
import { UnknownKeys } from "./unknown-keys.ts";

export interface RemoteKeysOptions {
  issuer: string;
  jwksUri?: string | undefined;
  fetch: Fetch;
  now: () => number;
  staleKeysSeconds: number;
  platform: SignaturePlatform;
}

const timeoutMs = 5000;
const bodyBytesMax = 262_144;
/** From this share of its lifetime on, a key set is renewed in the background. */
const renewalShare = 0.8;
const backOffMsMin = 1000;
const backOffMsMax = 60_000;

/**
 * The issuer's keys: fetched when they are first needed, renewed ahead of their time, and kept for a
 * bounded time while the issuer cannot be asked. However many wait, the issuer is asked once.
 */
export class RemoteKeys {
  readonly #options: RemoteKeysOptions;
  readonly #now: () => number;
  readonly #unknownKeys = new UnknownKeys();
  #keys: KeySet | undefined;
  #fetchedAtMs = 0;
  #renewAtMs = 0;
  #freshUntilMs = 0;
  /** How often in a row the issuer could not be asked, and why the last time. */
  #failures = 0;
  #cause: unknown;
  #retryAtMs = 0;
  #running: Promise<void> | undefined;

  constructor(options: RemoteKeysOptions) {
    this.#options = options;
    this.#now = steadyClock(options.now);
  }

  /** Whether one may go by what is known. When its end is near, it is renewed in the background. */
  isReady(): boolean {
    const nowMs = this.#now();
    if (nowMs < this.#renewAtMs) return true;
    const isReady = nowMs < this.#freshUntilMs || (this.#failures > 0 && this.#isKept(nowMs));
    if (isReady && this.#mayAsk(nowMs)) void this.#renew();
    return isReady;
  }

  /** The key of this id, if the issuer has it. Throws `temporarily_unavailable` when nobody knows. */
  async findKey(keyId: string): Promise<VerificationKey | undefined> {
    const key = (await this.#loadKeys()).get(keyId);
    if (key !== undefined) return key;
    if (this.#running !== undefined || this.#mayAskFor(keyId)) await this.#renew();
    const newKey = (await this.#loadKeys()).get(keyId);
    // The key may be newer than the last answer we got.
    if (newKey === undefined && this.#failures > 0) throw this.#unavailable();
    return newKey;
  }

  async #loadKeys(): Promise<KeySet> {
    if (!this.isReady() && this.#mayAsk(this.#now())) await this.#renew();
    if (this.#keys === undefined || !this.isReady()) throw this.#unavailable();
    return this.#keys;
  }

  /** Never rejects: what went wrong is remembered. */
  #renew(): Promise<void> {
    this.#running ??= sharedWork(
      this.#load().finally(() => {
        this.#running = undefined;
      }),
    );
    return this.#running;
  }

  async #load(): Promise<void> {
    const startedAtMs = this.#now();
    try {
      const { body, lifetimeSeconds } = await loadKeyDocument(this.#options);
      this.#keys = await readKeySet(body, this.#keys ?? new Map(), this.#options.platform);
      this.#fetchedAtMs = startedAtMs;
      this.#renewAtMs = startedAtMs + lifetimeSeconds * 1000 * renewalShare;
      this.#freshUntilMs = startedAtMs + lifetimeSeconds * 1000;
      this.#failures = 0;
      this.#cause = undefined;
    } catch (error) {
      this.#cause = error;
      this.#retryAtMs = this.#now() + Math.min(backOffMsMax, backOffMsMin * 2 ** this.#failures);
      this.#failures += 1;
    }
  }

  #mayAsk(nowMs: number): boolean {
    return this.#failures === 0 || nowMs >= this.#retryAtMs;
  }

  #mayAskFor(keyId: string): boolean {
    const nowMs = this.#now();
    return this.#mayAsk(nowMs) && this.#unknownKeys.mayAskFor(keyId, nowMs);
  }

  #isKept(nowMs: number): boolean {
    const { staleKeysSeconds } = this.#options;
    return this.#keys !== undefined && nowMs < this.#fetchedAtMs + staleKeysSeconds * 1000;
  }

  /** 503 and not 401: the token may be good, and its client must not throw it away. */
  #unavailable(): AuthorizationError {
    const description = "The access token cannot be checked at the moment. Try again.";
    return new AuthorizationError("temporarily_unavailable", description, {
      retryAfterSeconds: Math.max(1, (this.#retryAtMs - this.#now()) / 1000),
      cause: this.#cause,
    });
  }
}

async function loadKeyDocument(options: RemoteKeysOptions) {
  const request = { fetch: options.fetch, timeoutMs };
  const url = options.jwksUri ?? (await loadEndpoint(options.issuer, "jwks_uri", request));
  const init = { headers: { accept: "application/json" } };
  const { body, response } = await loadJson({ ...request, url, init, bodyBytesMax });
  return { body, lifetimeSeconds: keyLifetimeSeconds(response.headers.get("cache-control")) };
}
