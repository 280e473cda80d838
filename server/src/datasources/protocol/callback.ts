import type { Provider } from "../provider.ts";
import { classifyError } from "./error-answer.ts";
import { ProviderError } from "./provider-error.ts";

/** What the provider sends the browser back with [RFC 6749 §4.1.2]. */

export interface Callback {
  /** `undefined` only for providers whose consent gives none. */
  code: string | undefined;
  /** Parameters that belong to the connection from now on: a company, a region. */
  captured: Record<string, string>;
  /** Where the token requests go, if the provider said so and may. */
  tokenOrigin: string | undefined;
}

/**
 * Reads a callback whose `state` has been found to be ours: whoever calls has looked that up, used it
 * up, and compared person and browser. Throws `ProviderError`.
 */
export function parseCallback(provider: Provider, parameters: URLSearchParams): Callback {
  const { settings, profile } = provider;
  const rules = profile.callback ?? {};
  const read = (name: string): string | undefined => {
    const values = parameters.getAll(name);
    if (values.length > 1) throw new ProviderError("callback_incomplete", { detail: name });
    return values[0] === "" ? undefined : values[0];
  };
  checkIssuer(settings.issuer, read("iss"));
  const error = read("error");
  if (error !== undefined) {
    throw classifyError(provider, {
      step: "authorize",
      code: error,
      text: read("error_description"),
    });
  }
  const codeName = rules.code ?? "code";
  const code = read(codeName);
  if (code === undefined && rules.hasCode !== false) {
    throw new ProviderError("callback_incomplete", { detail: codeName });
  }
  const captured: Record<string, string> = {};
  for (const name of rules.capture ?? []) {
    const value = read(name);
    if (value !== undefined && value.length <= capturedCharactersMax) captured[name] = value;
  }
  return { code, captured, tokenOrigin: tokenOriginOf(provider, read) };
}

const capturedCharactersMax = 1_000;

/**
 * With an issuer, what names another one is an answer meant for somebody else [RFC 9207 §2.4]. One
 * that names none is accepted: most providers do not, and each has a redirect URL of its own.
 */
function checkIssuer(expected: string | undefined, named: string | undefined): void {
  if (expected !== undefined && named !== undefined && named !== expected) {
    throw new ProviderError("issuer_mismatch");
  }
}

/** A host from the browser's address is believed only if the profile lists it. */
function tokenOriginOf(
  { profile }: Provider,
  read: (name: string) => string | undefined,
): string | undefined {
  const { tokenOrigin } = profile.callback ?? {};
  const named = tokenOrigin && read(tokenOrigin.parameter);
  if (tokenOrigin === undefined || named === undefined) return undefined;
  const origin = URL.parse(named)?.origin;
  if (origin !== undefined && tokenOrigin.origins.includes(origin)) return origin;
  throw new ProviderError("callback_incomplete", { detail: tokenOrigin.parameter });
}
