import { createHmac, timingSafeEqual } from "node:crypto";
import { badRequest } from "./request-error.ts";

/**
 * Where a list goes on. The key is opaque to the caller and holds a position with its
 * authentication, so that only positions that we gave out come back, and only to the same list.
 */

const macBytes = 16;
const positionBytes = 8;

/** `list` says which list it is: its tenant, and whatever decides what is in it. */
export function writePageKey(secret: Buffer, list: readonly unknown[], position: number): string {
  const bytes = Buffer.alloc(positionBytes);
  bytes.writeBigUInt64BE(BigInt(position));
  return Buffer.concat([macOf(secret, list, bytes), bytes]).toString("base64url");
}

/** The position; 0, the beginning, without a key. Throws 400 for a key of other making. */
export function parsePageKey(secret: Buffer, list: readonly unknown[], pageKey?: string): number {
  if (pageKey === undefined) return 0;
  const bytes = Buffer.from(pageKey, "base64url");
  const [mac, position] = [bytes.subarray(0, macBytes), bytes.subarray(macBytes)];
  const isOurs =
    bytes.length === macBytes + positionBytes &&
    bytes.toString("base64url") === pageKey &&
    timingSafeEqual(mac, macOf(secret, list, position));
  if (!isOurs) throw badRequest({ page_key: "is not a page key of this list" });
  return Number(position.readBigUInt64BE());
}

function macOf(secret: Buffer, list: readonly unknown[], position: Buffer): Buffer {
  return createHmac("sha256", secret)
    .update(position)
    .update(JSON.stringify(list))
    .digest()
    .subarray(0, macBytes);
}
