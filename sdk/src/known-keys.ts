import type { IntrospectedKey } from "./api-key.ts";

/** A key that was good when it was asked about. */
export interface KnownKey {
  readonly key: IntrospectedKey;
  /** From then on it is to be asked about again. */
  readonly untilMs: number;
}

/**
 * Remembers good API keys by their whole text, as tokens are: a digest would cost more than the rest of
 * a check, and WebCrypto has none that answers at once. A key outlives a token, so its text is dropped
 * with the answer: when it is used again, or another one is asked about.
 */
export class KnownKeys {
  readonly #size: number;
  /** The oldest answers first. */
  readonly #known = new Map<string, KnownKey>();

  constructor(size: number) {
    this.#size = Math.floor(size);
  }

  find(plainKey: string, nowMs: number): IntrospectedKey | undefined {
    const known = this.#known.get(plainKey);
    if (known === undefined) return undefined;
    if (nowMs < known.untilMs) return known.key;
    this.#known.delete(plainKey);
    return undefined;
  }

  add(plainKey: string, known: KnownKey): void {
    if (this.#size === 0) return;
    if (this.#known.size >= this.#size) this.#forgetOldest();
    this.#known.set(plainKey, known);
  }

  delete(plainKey: string): void {
    this.#known.delete(plainKey);
  }

  /** What no longer counts. */
  forgetOld(nowMs: number): void {
    for (const [plainKey, { untilMs }] of this.#known) {
      if (nowMs < untilMs) return;
      this.#known.delete(plainKey);
    }
  }

  #forgetOldest(): void {
    const oldest = this.#known.keys().next();
    if (oldest.done === false) this.#known.delete(oldest.value);
  }

  get size(): number {
    return this.#known.size;
  }
}
