import type { IncomingHttpHeaders } from "node:http";

/**
 * Cookies of our own. Over https they carry the prefix with which a browser vouches that no other host
 * and no plain connection set them; over http, which is for loopback only, it would refuse them.
 */

export type CookieName = "session" | "sign_in" | "form" | "connect";

export interface Cookies {
  read(headers: IncomingHttpHeaders, name: CookieName): string | undefined;
  /** A `Set-Cookie` value. Without a lifetime the cookie ends with the browser. */
  write(name: CookieName, value: string, maxAgeSeconds?: number): string;
  clear(name: CookieName): string;
}

const cookieCharactersMax = 4_096;
const valuePattern = /^[A-Za-z0-9._~+/-]{1,2048}$/;

export const cookieNameOf = (publicUrl: string, name: CookieName): string =>
  `${publicUrl.startsWith("https:") ? "__Host-" : ""}countersign_${name}`;

export function createCookies(publicUrl: string): Cookies {
  const isSecure = publicUrl.startsWith("https:");
  const fullName = (name: CookieName): string => cookieNameOf(publicUrl, name);
  const attributes = `Path=/; HttpOnly; SameSite=Lax${isSecure ? "; Secure" : ""}`;
  return {
    read({ cookie = "" }, name) {
      if (cookie.length > cookieCharactersMax) return undefined;
      const prefix = `${fullName(name)}=`;
      const found = cookie
        .split(";")
        .map((pair) => pair.trim())
        .filter((pair) => pair.startsWith(prefix));
      const value = found[0]?.slice(prefix.length) ?? "";
      // Two of one name: somebody planted one, and nobody knows which.
      return found.length === 1 && valuePattern.test(value) ? value : undefined;
    },
    write: (name, value, maxAgeSeconds) =>
      `${fullName(name)}=${value}; ${attributes}${maxAgeSeconds === undefined ? "" : `; Max-Age=${maxAgeSeconds}`}`,
    clear: (name) => `${fullName(name)}=; ${attributes}; Max-Age=0`,
  };
}
