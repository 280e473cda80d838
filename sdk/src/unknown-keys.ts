const pauseMs = 10_000;
const askAgainMs = 60_000;
/** With these pauses, no more than these can be too recent to be asked for again. */
const keyIdsMax = askAgainMs / pauseMs;

/**
 * Which key ids were asked for in vain. A token may name any key id, and each unknown one could be a
 * key that is new; so the issuer is asked at most every ten seconds, and not again for an id that
 * it did not have a minute ago.
 */
export class UnknownKeys {
  readonly #askedAtMs = new Map<string, number>();
  #lastAskedAtMs = -Infinity;

  /** Whether to ask the issuer for this id now. If so, it counts as asked. */
  mayAskFor(keyId: string, nowMs: number): boolean {
    if (nowMs < this.#lastAskedAtMs + pauseMs) return false;
    if (nowMs < (this.#askedAtMs.get(keyId) ?? -Infinity) + askAgainMs) return false;
    this.#lastAskedAtMs = nowMs;
    this.#askedAtMs.delete(keyId);
    this.#askedAtMs.set(keyId, nowMs);
    if (this.#askedAtMs.size > keyIdsMax) {
      const oldest = this.#askedAtMs.keys().next();
      if (oldest.done === false) this.#askedAtMs.delete(oldest.value);
    }
    return true;
  }
}
