import { argon2, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import type { System } from "../system.ts";
import { createHashQueue } from "./hash-queue.ts";

/**
 * Passwords of people at rest: argon2id [RFC 9106 §4], with the memory and passes that OWASP names as
 * the least. They are hashed off the event loop, a few at a time, and where there is no password to
 * compare with just as long.
 */

export interface PasswordHashes {
  /** In PHC form. Throws `TooManyAtOnce`. */
  hash(plainPassword: string, asker: string): Promise<string>;
  /** `false` also where there is no hash, after the same work. Throws `TooManyAtOnce`. */
  isRight(plainPassword: string, hash: string | undefined, asker: string): Promise<boolean>;
}

interface Cost {
  memoryKib: number;
  passes: number;
  lanes: number;
}

const cost: Cost = { memoryKib: 19_456, passes: 2, lanes: 1 };
const saltBytes = 16;
const tagBytes = 32;

const derive = promisify(argon2);

export function createPasswordHashes(system: System): PasswordHashes {
  const queue = createHashQueue();
  /** Nobody's password has it. */
  const nobodys = toPhc(cost, system.randomBytes(saltBytes), system.randomBytes(tagBytes));

  return {
    hash: (plainPassword, asker) =>
      queue.run(asker, async () => {
        const salt = system.randomBytes(saltBytes);
        return toPhc(cost, salt, await derivedFrom(plainPassword, cost, salt));
      }),
    isRight: (plainPassword, hash, asker) =>
      queue.run(asker, async () => {
        const { salt, tag, ...stored } = parsePhc(hash ?? nobodys);
        const isEqual = timingSafeEqual(await derivedFrom(plainPassword, stored, salt), tag);
        return isEqual && hash !== undefined;
      }),
  };
}

/** The same characters are the same bytes on every keyboard (NIST SP 800-63B: NFKC). */
const normalized = (plainPassword: string): string => plainPassword.normalize("NFKC");

function derivedFrom(plainPassword: string, { memoryKib, passes, lanes }: Cost, salt: Buffer) {
  return derive("argon2id", {
    message: normalized(plainPassword),
    nonce: salt,
    parallelism: lanes,
    tagLength: tagBytes,
    memory: memoryKib,
    passes,
  });
}

const base64 = (bytes: Buffer): string => bytes.toString("base64").replace(/=+$/, "");

const toPhc = ({ memoryKib, passes, lanes }: Cost, salt: Buffer, tag: Buffer): string =>
  `$argon2id$v=19$m=${memoryKib},t=${passes},p=${lanes}$${base64(salt)}$${base64(tag)}`;

const phc = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

function parsePhc(text: string): Cost & { salt: Buffer; tag: Buffer } {
  const [, memory, passes, lanes, salt = "", tag = ""] = phc.exec(text) ?? [];
  if (memory === undefined) throw new Error("a password hash of a kind that is not ours");
  return {
    memoryKib: Number(memory),
    passes: Number(passes),
    lanes: Number(lanes),
    salt: Buffer.from(salt, "base64"),
    tag: Buffer.from(tag, "base64"),
  };
}
