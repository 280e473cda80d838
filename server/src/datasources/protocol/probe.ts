import { isFetchError } from "../../fetch/fetch-error.ts";
import type { GuardedFetch } from "../../fetch/fetch.ts";
import type { Provider } from "../provider.ts";
import type { ClientAuthentication } from "../provider.ts";
import { readDocument, type ProviderAnswer } from "./answer-document.ts";
import { callProvider } from "./provider-call.ts";
import { ProviderError } from "./provider-error.ts";
import { buildClientCredentials, buildExchange } from "./token-request.ts";

/**
 * Asks a provider questions whose answers tell how it is configured, and which change nothing there: a
 * code that nobody was given is refused [RFC 6749 §5.2], and how it is refused says what was accepted.
 */

export interface ProbeContext {
  fetch: Pick<GuardedFetch, "request">;
  nowMs: number;
  assertionId: string;
  redirectUri: string;
}

export interface Probed {
  status: number;
  /** The code of the refusal [RFC 6749 §5.2]; absent where the answer is none of OAuth. */
  error: string | undefined;
  isPage: boolean;
  hasToken: boolean;
}

const probeMs = 8_000;
const nobodysCode = "countersign-check";

/** What the token URL says to a code that is none. Throws `ProviderError`. */
export async function probeTokenUrl(
  { fetch, nowMs, assertionId, redirectUri }: ProbeContext,
  provider: Provider,
): Promise<Probed> {
  const context = { nowMs, assertionId };
  const request =
    provider.settings.grantType === "client_credentials"
      ? buildClientCredentials(provider, context)
      : buildExchange(
          provider,
          { code: nobodysCode, codeVerifier: nobodysCode.padEnd(43, "0"), redirectUri },
          context,
        );
  return toProbed(await callProvider(fetch, request, { totalMs: probeMs }));
}

function toProbed(answer: ProviderAnswer): Probed {
  const members = leniently(() => readDocument(answer)?.members) ?? {};
  const { error, access_token: token } = members;
  const code = [error, (error as { code?: unknown } | undefined)?.code].find(isCode);
  return {
    status: answer.status,
    error: code === undefined ? undefined : String(code),
    isPage: /^\s*<(!doctype|html)/i.test(answer.body.subarray(0, 200).toString()),
    hasToken: typeof token === "string" && token !== "",
  };
}

const isCode = (value: unknown): value is string | number =>
  typeof value === "string" || typeof value === "number";

function leniently<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof ProviderError) return undefined;
    throw error;
  }
}

/** The status of a page that a person would be sent to. Throws `ProviderError`. */
export async function probePage(
  { fetch }: Pick<ProbeContext, "fetch">,
  url: string,
  certificateAuthority: string | undefined,
): Promise<number> {
  const headers = { accept: "text/html" };
  try {
    const asked = { url, headers, certificateAuthority, totalMs: probeMs };
    return (await fetch.request({ ...asked, bodyBytesMax: 1024 * 1024 })).status;
  } catch (error) {
    if (!isFetchError(error)) throw error;
    // A large page is a page.
    if (error.reason === "body_too_large") return 200;
    const cause = error.name === "FetchRefused" ? "address_refused" : "unreachable";
    const name = error.reason === "tls" ? "tls_failed" : cause;
    throw new ProviderError(name, { detail: error.reason, cause: error });
  }
}

const isClientRefused = ({ status, error = "" }: Probed): boolean =>
  /invalid_client|unauthorized_client|client_secret|credential|incorrect_client/i.test(error) ||
  (status === 401 && error !== "invalid_grant");

export interface TriedAuthentication {
  method: ClientAuthentication;
  isAccepted: boolean;
  status: number;
  error: string | undefined;
}

/** Those that need nothing but the secret, the most usual first. */
const candidates: readonly ClientAuthentication[] = ["basic", "body", "basic_raw", "json"];

/**
 * Which way of proving who we are the provider takes: one after the other, until one is accepted. The
 * secret goes to the token URL alone. Throws `ProviderError`.
 */
export async function detectAuthentication(
  context: ProbeContext,
  provider: Provider,
): Promise<TriedAuthentication[]> {
  const own = provider.settings.clientAuthentication;
  const methods = [own, ...candidates].filter(
    (method, index, all) => all.indexOf(method) === index && candidates.includes(method),
  );
  const tried: TriedAuthentication[] = [];
  for (const clientAuthentication of methods) {
    const { profile, settings } = provider;
    const candidate = { profile, settings: { ...settings, clientAuthentication } };
    const probed = await probeTokenUrl(context, candidate);
    const isOauth = probed.error !== undefined || probed.hasToken;
    const isAccepted = probed.hasToken || (isOauth && !isClientRefused(probed));
    const { status, error } = probed;
    tried.push({ method: clientAuthentication, isAccepted, status, error });
    if (isAccepted || !isOauth) return tried;
  }
  return tried;
}
