import { timingSafeEqual } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { System } from "../../system.ts";
import type { Cookies } from "../cookies.ts";
import { senderOf } from "../same-origin.ts";
import { PageRefused } from "./page-refused.ts";

/**
 * What stands between a form of ours and one of somebody else's: where the browser says that it comes
 * from, and for those that say nothing a value that only our page and its reader know.
 */

export interface FormGuard {
  /** The value to put into the forms of a page; sets its cookie when there is none. */
  tokenFor(request: FastifyRequest, reply: FastifyReply): string;
  /** Throws 403 for what no page of ours sent. */
  check(request: FastifyRequest, form: Form): void;
}

export type Form = ReadonlyMap<string, string>;

export const formTokenField = "form_token";

export function createFormGuard(options: {
  system: System;
  cookies: Cookies;
  publicUrl: string;
}): FormGuard {
  const { system, cookies, publicUrl } = options;
  /** A page may ask several times. */
  const made = new WeakMap<FastifyRequest, string>();
  return {
    tokenFor(request, reply) {
      const known = cookies.read(request.headers, "form") ?? made.get(request);
      if (known !== undefined) return known;
      const token = system.randomBytes(32).toString("base64url");
      made.set(request, token);
      addCookie(reply, cookies.write("form", token));
      return token;
    },
    check(request, form) {
      const sender = senderOf(request.headers, publicUrl);
      if (sender === "ours") return;
      const expected = cookies.read(request.headers, "form");
      const isKnown = expected !== undefined && isSame(form.get(formTokenField) ?? "", expected);
      if (sender === "unsaid" && isKnown) return;
      throw new PageRefused("cross_site_request", {
        status: 403,
        title: "This form came from somewhere else",
        message: `For your safety nothing was done. Open ${publicUrl} itself and try again there.`,
      });
    },
  };
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Beside those that are set already. */
export function addCookie(reply: FastifyReply, cookie: string): void {
  const before = reply.getHeader("set-cookie") ?? [];
  void reply.header("set-cookie", [before, cookie].flat());
}

/** The fields of a form; one that comes twice refuses it. Values are taken as they are. */
export function parseFormBody(text: string): Form {
  const fields = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(text)) {
    if (fields.has(name) || value.includes("\0") || fields.size === 50) throw malformed();
    fields.set(name, value);
  }
  return fields;
}

const malformed = (): PageRefused =>
  new PageRefused("invalid_request", {
    status: 400,
    title: "This form cannot be read",
    message: "Go back and send it again.",
  });
