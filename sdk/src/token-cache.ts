import type { Access } from "./access.ts";
import type { VerificationKey } from "./key-set.ts";

/** A token whose signature was good. Whether it still counts is asked at each use. */
export interface VerifiedToken {
  readonly access: Access;
  readonly key: VerificationKey;
  /** When it is to be refused, the tolerance included. */
  readonly expiresAtMs: number;
  readonly issuedAtMs: number;
}

/**
 * Remembers verified tokens by their whole text, in bounded memory. Two generations: when the young
 * one is full it becomes the old one, and what is used again is carried over. That keeps what is in
 * use, as an LRU does, but a hit moves nothing.
 */
export class TokenCache {
  readonly #generationSize: number;
  #young = new Map<string, VerifiedToken>();
  #old = new Map<string, VerifiedToken>();

  constructor(size: number) {
    this.#generationSize = Math.floor(size / 2);
  }

  find(token: string): VerifiedToken | undefined {
    const young = this.#young.get(token);
    if (young !== undefined) return young;
    const old = this.#old.get(token);
    if (old !== undefined) this.add(token, old);
    return old;
  }

  add(token: string, verified: VerifiedToken): void {
    if (this.#generationSize === 0) return;
    if (this.#young.size >= this.#generationSize) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(token, verified);
  }

  delete(token: string): void {
    this.#young.delete(token);
    this.#old.delete(token);
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }
}
