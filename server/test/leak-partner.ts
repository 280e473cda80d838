import { generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LeakFeedback } from "@countersign/protocol/admin/leaks.ts";
import type { Answer } from "./calls.ts";
import type { TestServer } from "./server.ts";

/** A secret scanning partner: keys of its own, the document in which it publishes them, signed reports. */
export interface Partner {
  /** Where the document is: `COUNTERSIGN_LEAK_REPORT_KEYS_FILE`. */
  file: string;
  key: PartnerKey;
  publish(keys: PartnerKey[]): void;
  remove(): void;
}

export interface PartnerKey {
  id: string;
  privateKey: KeyObject;
  publicPem: string;
}

export interface Match {
  token: string;
  type?: string;
  url?: string;
  source?: string;
}

export function createPartner(): Partner {
  const folder = mkdtempSync(join(tmpdir(), "cs-partner-"));
  const file = join(folder, "keys.json");
  const key = createPartnerKey("first");
  const partner: Partner = {
    file,
    key,
    publish(keys) {
      const listed = keys.map(({ id, publicPem }) => ({
        key_identifier: id,
        key: publicPem,
        is_current: true,
      }));
      // As an operator should: nobody reads half a file.
      writeFileSync(`${file}.new`, JSON.stringify({ public_keys: listed }));
      renameSync(`${file}.new`, file);
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
  partner.publish([key]);
  return partner;
}

export function createPartnerKey(id: string): PartnerKey {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return {
    id,
    privateKey,
    publicPem: publicKey.export({ type: "spki", format: "pem" }),
  };
}

export const signatureOf = ({ privateKey }: PartnerKey, body: string): string =>
  sign("sha256", Buffer.from(body), privateKey).toString("base64");

/** A report as a partner sends it; each part can be said to be something else. */
export async function sendReport(
  { url }: Pick<TestServer, "url">,
  key: PartnerKey,
  matches: readonly Match[],
  instead: { body?: string; headers?: Record<string, string> } = {},
): Promise<Answer<LeakFeedback>> {
  const body = JSON.stringify(
    matches.map((match) => ({ type: "countersign", url: "", source: "content", ...match })),
  );
  const response = await fetch(`${url}/v2/leaks`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "github-public-key-identifier": key.id,
      "github-public-key-signature": signatureOf(key, body),
      ...instead.headers,
    },
    body: instead.body ?? body,
  });
  const text = await response.text();
  const answer = JSON.parse(text) as LeakFeedback;
  return { status: response.status, headers: response.headers, body: answer };
}

export const labelsOf = ({ body }: Answer<LeakFeedback>): string[] =>
  Array.isArray(body) ? body.map(({ label }) => label) : [];
