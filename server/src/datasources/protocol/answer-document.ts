import { hasRepeatedMember } from "../../access/repeated-member.ts";
import { ProviderError } from "./provider-error.ts";
import type { Tolerance } from "./tolerance.ts";

/** From the bytes of an answer to an object, whatever form a provider chose. */

export interface ProviderAnswer {
  status: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: Buffer;
}

export type Members = Readonly<Record<string, unknown>>;

export interface Document {
  members: Members;
  tolerances: Set<Tolerance>;
}

const bytesMax = 256 * 1024;
const depthMax = 12;

/**
 * Looks at the bytes and not at the content type. `undefined` for what is neither JSON nor a form: a
 * page, nothing, plain text. Throws `ProviderError` for what could be read in two ways.
 */
export function readDocument({ headers, body }: ProviderAnswer): Document | undefined {
  const tolerances = new Set<Tolerance>();
  if (body.length > bytesMax) throw new ProviderError("unsafe_answer", { detail: "size" });
  let text = body.toString("utf8");
  if (text.startsWith("\ufeff")) {
    text = text.slice(1);
    tolerances.add("byte_order_mark");
  }
  const isJson = /^application\/([\w.-]+\+)?json\b/i.test(String(headers["content-type"] ?? ""));
  const json = readJson(text);
  if (json !== undefined) {
    if (!isJson) tolerances.add("wrong_content_type");
    return { members: json, tolerances };
  }
  const form = readForm(text.trim());
  if (form === undefined) return undefined;
  return { members: form, tolerances: tolerances.add("form_encoded") };
}

function readJson(text: string): Members | undefined {
  if (!text.trimStart().startsWith("{")) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  checkSafe(value, 0);
  // Two readers could see two different tokens [RFC 8259 §4].
  if (hasRepeatedMember(text, value)) {
    throw new ProviderError("unsafe_answer", { detail: "a member occurs twice" });
  }
  return value as Members;
}

function checkSafe(value: unknown, depth: number): void {
  if (typeof value !== "object" || value === null) return;
  if (depth > depthMax) throw new ProviderError("unsafe_answer", { detail: "depth" });
  for (const [name, inner] of Object.entries(value)) {
    if (name === "__proto__") throw new ProviderError("unsafe_answer", { detail: "__proto__" });
    checkSafe(inner, depth + 1);
  }
}

function readForm(text: string): Members | undefined {
  // A page or a sentence is no form: `name=value` pairs without spaces or angle brackets only.
  if (!/^[\w.%+-]+=[^\s<>{}]*(&[\w.%+-]+=[^\s<>{}]*)*$/.test(text)) return undefined;
  const members: Record<string, unknown> = Object.create(null);
  for (const [name, value] of new URLSearchParams(text)) {
    if (name in members || name === "__proto__") {
      throw new ProviderError("unsafe_answer", { detail: "a member occurs twice" });
    }
    members[name] = value;
  }
  return members;
}

/** The value at a path such as `data.token`; null counts as absent. */
export function at(members: Members, path: string): unknown {
  let value: unknown = members;
  for (const name of path.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name))
      return undefined;
    value = (value as Members)[name];
  }
  return value ?? undefined;
}

/** Text at a path; numbers, as ids often are, become text. */
export function textAt(members: Members, path: string): string | undefined {
  const value = at(members, path);
  if (typeof value === "number" && Number.isFinite(value)) return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}

export const isMembers = (value: unknown): value is Members =>
  typeof value === "object" && value !== null && !Array.isArray(value);
