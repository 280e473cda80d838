import { createPublicKey, verify, type KeyObject } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import type { Log } from "../log.ts";
import type { System } from "../system.ts";

/**
 * The public keys of scanning partners, from a file that the operator keeps: the document that GitHub
 * publishes for its secret scanning partners. No request goes out for it. Reports are signed with ECDSA
 * on P-256 over the SHA-256 of the raw body.
 */

export interface PartnerKeys {
  /** Whether a report that names this key is worth reading at all. */
  knows(keyId: string): boolean;
  /** Whether this key signed exactly these bytes; the signature is DER in base64. */
  hasSigned(keyId: string, signature: string, body: Buffer): boolean;
}

export class PartnerKeysRefused extends Error {
  override name = "PartnerKeysRefused";
}

/** How often the file is looked at, and only while reports come. */
const lookEveryMs = 5_000;
const fileBytesMax = 1_048_576;
const base64 = /^[A-Za-z0-9+/]{16,140}={0,2}$/;

/**
 * Throws `PartnerKeysRefused` when the file is not such a document. One that breaks later is logged, and
 * the keys that were read before go on counting: a slip of the pen must not lose a report.
 */
export function openPartnerKeys(
  { system, log }: { system: System; log: Log },
  file: string | undefined,
): PartnerKeys {
  if (file === undefined) return { knows: () => false, hasSigned: () => false };
  let stamp = stampOf(file);
  let keys = readKeys(file);
  let lookedAtMs = system.elapsedMs();

  function refresh(): void {
    if (system.elapsedMs() - lookedAtMs < lookEveryMs) return;
    lookedAtMs = system.elapsedMs();
    const seen = stampOf(file!);
    if (seen === stamp) return;
    stamp = seen;
    try {
      keys = readKeys(file!);
      log.info({ count: keys.size }, "the keys of scanning partners were read again");
    } catch (error) {
      log.error({ err: error }, "the keys of scanning partners could not be read again");
    }
  }

  return {
    knows(keyId) {
      refresh();
      return keys.has(keyId);
    },
    hasSigned(keyId, signature, body) {
      const key = keys.get(keyId);
      if (key === undefined || !base64.test(signature)) return false;
      return verify("sha256", body, key, Buffer.from(signature, "base64"));
    },
  };
}

/** Changes with the file; a file that is away has one of its own. */
function stampOf(file: string): string {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat === undefined ? "" : `${stat.mtimeMs} ${stat.size} ${stat.ino}`;
}

function readKeys(file: string): Map<string, KeyObject> {
  const refuse = (problem: string): never => {
    throw new PartnerKeysRefused(`COUNTERSIGN_LEAK_REPORT_KEYS_FILE names ${file}, ${problem}.`);
  };
  const { public_keys: listed } = parseFile(file, refuse) as { public_keys?: unknown };
  if (!Array.isArray(listed) || listed.length === 0) {
    return refuse("which holds no public_keys: it is to be GitHub's document of them");
  }
  const keys = new Map<string, KeyObject>();
  for (const [index, entry] of listed.entries()) {
    const { key_identifier: id, key } = (entry ?? {}) as Record<string, unknown>;
    if (typeof id !== "string" || id === "" || typeof key !== "string") {
      return refuse(`whose key ${index + 1} lacks its key_identifier or its key`);
    }
    if (keys.has(id)) return refuse(`in which the key_identifier of key ${index + 1} stands twice`);
    keys.set(id, parseKey(key) ?? refuse(`whose key ${index + 1} is not a public key on P-256`));
  }
  return keys;
}

function parseFile(file: string, refuse: (problem: string) => never): object {
  let text = "";
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    return refuse(`which cannot be read: ${(error as NodeJS.ErrnoException).code ?? "no file"}`);
  }
  if (text.length > fileBytesMax) return refuse("which is too large for such a document");
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // Said below.
  }
  return refuse("which is not a JSON object");
}

/** A private key would be taken for its public half: it does not belong in this file. */
function parseKey(pem: string): KeyObject | undefined {
  if (!pem.includes("-----BEGIN PUBLIC KEY-----")) return undefined;
  try {
    const key = createPublicKey(pem);
    return key.asymmetricKeyDetails?.namedCurve === "prime256v1" ? key : undefined;
  } catch {
    return undefined;
  }
}
