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
  const withTag = (list: string, payload: string): string => {
    const mac = createHmac("sha256", key)
      .update(JSON.stringify([list, payload]))
      .digest();
    return `${payload}.${mac.subarray(0, tagBytes).toString("base64url")}`;
  };
  return {
    write(list, position) {
      return withTag(list, Buffer.from(JSON.stringify(position)).toString("base64url"));
    },
    read(list, pageKey) {
      const [payload = ""] = pageKey.split(".", 1);
      const presented = Buffer.from(pageKey);
      const written = Buffer.from(withTag(list, payload));
      // The whole text is compared: base64 alone has several spellings of the same bytes.
      const isOurs = presented.length === written.length && timingSafeEqual(presented, written);
      if (!isOurs) throw badField("page_key", "is not one that this list gave out");
      return JSON.parse(Buffer.from(payload, "base64url").toString()) as object;
    },
  };
}
