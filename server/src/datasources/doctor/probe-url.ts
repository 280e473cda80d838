import { isFetchError } from "../../fetch/fetch-error.ts";
import type { GuardedFetch } from "../../fetch/fetch.ts";
import { fillUrl } from "../describe-provider.ts";
import { readDocument, type ProviderAnswer } from "../protocol/answer-document.ts";
import { buildAuthorizationUrl } from "../protocol/authorization-request.ts";
import { ProviderError } from "../protocol/provider-error.ts";
import { redactText } from "../protocol/redaction.ts";
import type { Provider } from "../provider.ts";
import { finding, type CheckCause, type CheckFinding } from "./check-finding.ts";

/**
 * What is at a URL, asked without any secret: an empty request to the token endpoint, which it should
 * refuse in its own words; and a first look at the page where people are asked.
 */

export type Ask = Pick<GuardedFetch, "request">;

/** An endpoint for programs: `POST` with nothing in it. */
export async function probeEndpoint(
  ask: Ask,
  { settings }: Provider,
  { field, template, isToken }: { field: string; template: string; isToken: boolean },
): Promise<CheckFinding[]> {
  const { variables, certificateAuthority } = settings;
  return attempt(field, async () => {
    const url = fillUrl(template, variables);
    const headers = {
      accept: "application/json",
      "content-type": "application/x-www-form-urlencoded",
    };
    const sent = { url, method: "POST", headers, body: "", certificateAuthority };
    const answer = await ask.request({ ...sent, bodyBytesMax, isAlone: true });
    return [finding(field, isToken ? tokenCauseOf(answer) : usualCauseOf(answer))];
  });
}

const bodyBytesMax = 256 * 1024;

/** An API, or what is only known to be somewhere: any answer will do. */
export async function probeHost(
  ask: Ask,
  { settings }: Provider,
  { field, template }: { field: string; template: string },
): Promise<CheckFinding[]> {
  const { variables, certificateAuthority } = settings;
  return attempt(field, async () => {
    const url = fillUrl(template, variables);
    await ask.request({ url, certificateAuthority, bodyBytesMax, isAlone: true });
    return [finding(field, "url_good")];
  });
}

/** The page where a person is asked, as a browser without a session would see it. */
export async function probeAuthorization(
  ask: Ask,
  provider: Provider,
  about: { redirectUri: string; state: string; codeVerifier: string },
): Promise<CheckFinding[]> {
  const field = "authorization_url";
  const { certificateAuthority } = provider.settings;
  return attempt(field, async () => {
    const url = buildAuthorizationUrl(provider, about);
    const headers = { accept: "text/html" };
    const sent = { url, headers, certificateAuthority, bodyBytesMax };
    const answer = await ask.request({ ...sent, isAlone: true });
    return judgePage(field, answer, about.redirectUri);
  });
}

async function attempt(field: string, act: () => Promise<CheckFinding[]>): Promise<CheckFinding[]> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof ProviderError) {
      return [finding(field, "setting_wrong", { detail: error.message, fix: error.fix })];
    }
    if (!isFetchError(error)) throw error;
    return [finding(field, failureCauses[error.reason] ?? "host_unreachable")];
  }
}

const failureCauses: Readonly<Record<string, CheckCause>> = {
  address: "address_refused",
  scheme: "address_refused",
  url: "setting_wrong",
  header: "setting_wrong",
  certificate_authority: "tls_failed",
  tls: "tls_failed",
  body_too_large: "answers_page",
  malformed_answer: "answer_unusual",
  content_encoding: "answer_unusual",
};

/** [RFC 6749 §5.2]: what is missing is named with `error`. Some say it in other words. */
function tokenCauseOf(answer: ProviderAnswer): CheckCause {
  const usual = usualCauseOf(answer);
  if (usual !== "url_good") return usual;
  if (documentOf(answer) !== undefined) {
    return answer.status >= 200 && answer.status < 500 ? "token_endpoint_good" : "answer_unusual";
  }
  return isPage(answer) ? "answers_page" : "answer_unusual";
}

function usualCauseOf(answer: ProviderAnswer): CheckCause {
  const { status } = answer;
  // Some say in their own words, with 404, that the client is not known.
  if (status === 404 && documentOf(answer)?.["error"] !== undefined) return "url_good";
  if (status === 404 || status === 410) return "not_found";
  if (status >= 300 && status < 400) return "redirects";
  if (status === 405 && isPage(answer)) return "answers_page";
  return status >= 500 ? "provider_failing" : "url_good";
}

function documentOf(answer: ProviderAnswer): Readonly<Record<string, unknown>> | undefined {
  try {
    return readDocument(answer)?.members;
  } catch {
    return undefined;
  }
}

const isPage = ({ headers, body }: ProviderAnswer): boolean =>
  /html/i.test(String(headers["content-type"] ?? "")) || /^\s*<(!doctype|html)/i.test(String(body));

/** A refusal comes as a page, or back to us with `error` [RFC 6749 §4.1.2.1]. */
function judgePage(field: string, answer: ProviderAnswer, redirectUri: string): CheckFinding[] {
  const { status, headers, body } = answer;
  const location = String(headers["location"] ?? "");
  const isBack = location.startsWith(redirectUri);
  const error = isBack ? URL.parse(location)?.searchParams.get("error") : undefined;
  const text = String(body).slice(0, 20_000);
  if (status === 404 || status === 410) return [finding(field, "not_found")];
  if (status >= 500) return [finding(field, "provider_failing")];
  if (status >= 400 && /redirect[_ -]?ur[il]/i.test(text)) {
    return [finding("redirect_url", "redirect_url_unregistered")];
  }
  // Nobody is signed in there, and some say it so.
  const isHarmless = error !== undefined && /^(login|interaction|consent)_required$/.test(error!);
  if (error !== undefined && error !== null && !isHarmless) {
    const cause = error === "invalid_scope" ? "scope_unknown" : "authorization_refused";
    const at = error === "invalid_scope" ? "scopes" : field;
    return [finding(at, cause, { detail: redactText(error.slice(0, 100)) })];
  }
  if (status >= 400) return [finding(field, "authorization_refused", { detail: String(status) })];
  return [finding(field, "url_good"), finding("redirect_url", "redirect_url_to_register")];
}
