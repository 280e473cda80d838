import { randomBytes, randomUUID } from "node:crypto";

/** The only place where clock, timers of jobs and randomness are read; tests pass one of their own. */
export interface System {
  /** Epoch milliseconds. */
  now(): number;
  /** Milliseconds on a clock that never jumps; only differences mean anything. */
  elapsedMs(): number;
  /** Acts again and again, keeps no process from ending, and answers what stops it. */
  every(ms: number, act: () => void): () => void;
  randomBytes(size: number): Buffer;
  randomUuid(): string;
}

export const system: System = {
  now: () => Date.now(),
  elapsedMs: () => performance.now(),
  every(ms, act) {
    const timer = setInterval(act, ms).unref();
    return () => clearInterval(timer);
  },
  randomBytes: (size) => randomBytes(size),
  randomUuid: () => randomUUID(),
};

const idAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const idCharacters = 22;

/** A new id such as `app_4f…`: 131 random bits that say nothing of who made it or when. */
export function newId(system: System, prefix: string): string {
  return prefix + randomCharacters(system, idAlphabet, idCharacters);
}

/** Uniformly chosen characters: bytes that would favour some of them are thrown away. */
export function randomCharacters(system: System, alphabet: string, count: number): string {
  const fair = 256 - (256 % alphabet.length);
  let text = "";
  while (text.length < count) {
    for (const byte of system.randomBytes(count)) {
      if (byte < fair && text.length < count) text += alphabet[byte % alphabet.length];
    }
  }
  return text;
}
