import { createHmac } from "node:crypto";
import type { System } from "../system.ts";

/**
 * How a receiver knows that an event is ours and new: the scheme of Standard Webhooks, for which there
 * are libraries in every language.
 */

const prefix = "whsec_";

export const newSigningSecret = (system: System): string =>
  prefix + system.randomBytes(32).toString("base64");

export interface SignedContent {
  id: string;
  atMs: number;
  body: string;
}

/** One signature for each secret, so that receivers change over when they like. */
export function signatureHeaders(
  plainSecrets: readonly string[],
  { id, atMs, body }: SignedContent,
): Record<string, string> {
  const timestamp = String(Math.floor(atMs / 1_000));
  const signatures = plainSecrets.map((secret) => {
    const key = Buffer.from(secret.slice(prefix.length), "base64");
    const mac = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
    return `v1,${mac}`;
  });
  return {
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": signatures.join(" "),
  };
}
