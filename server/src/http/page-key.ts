import { createHmac, timingSafeEqual } from "node:crypto";
import { badField } from "../errors/admin-error.ts";

/**
 * Where a list goes on, as an opaque key. It is authenticated, so an edited one is refused, and tied
 * to the list and filter it came from.
 */
export interface PageKeys {
  write(list: string, position: object): string;
  /** Throws 400. */
  read(list: string, pageKey: string): object;
}

const tagBytes = 16;

export function createPageKeys(key: Buffer): PageKeys {
  const tagOf = (list: string, payload: string): Buffer =>
    createHmac("sha256", key)
      .update(JSON.stringify([list, payload]))
      .digest()
      .subarray(0, tagBytes);
  return {
    write(list, position) {
      const payload = Buffer.from(JSON.stringify(position)).toString("base64url");
      return `${payload}.${tagOf(list, payload).toString("base64url")}`;
    },
    read(list, pageKey) {
      const [payload = "", tag = ""] = pageKey.split(".");
      const presented = Buffer.from(tag, "base64url");
      const isOurs =
        presented.length === tagBytes && timingSafeEqual(presented, tagOf(list, payload));
      if (!isOurs) throw badField("page_key", "is not one that this list gave out");
      return JSON.parse(Buffer.from(payload, "base64url").toString()) as object;
    },
  };
}
