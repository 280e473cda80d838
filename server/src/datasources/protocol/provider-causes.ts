/**
 * Everything that can go wrong between us and a provider, in one table: what it means for the
 * connection, what happened in plain words, and what to do about it.
 */

/**
 * - `reconnect_required`: only the person who connected can mend it.
 * - `config_error`: only the administrator can mend it.
 * - `provider_transient`: it is tried again, and nothing is lost.
 * - `rate_limited`: it is tried again when the provider wants it.
 * - `outcome_unknown`: the provider may have acted, and its answer is lost.
 */
export type ErrorKind =
  | "reconnect_required"
  | "config_error"
  | "provider_transient"
  | "rate_limited"
  | "outcome_unknown";

interface Cause {
  kind: ErrorKind;
  words: string;
  fix: string;
}

const checkClient =
  "Compare client ID and secret with the provider's page, and try another client authentication.";
const again = "Connect again.";
const wait = "Nothing needs to be done: it is tried again.";

const table = {
  refresh_token_refused: {
    kind: "reconnect_required",
    words:
      "The provider no longer accepts the refresh token: it has expired, was used up or revoked.",
    fix: again,
  },
  no_refresh_token: {
    kind: "reconnect_required",
    words: "The access token has expired and the provider gave no refresh token.",
    fix: "Ask for offline access in the scopes or the authorization parameters, then connect again.",
  },
  interaction_required: {
    kind: "reconnect_required",
    words: "The provider wants the person to sign in or to consent again.",
    fix: again,
  },
  access_denied: {
    kind: "reconnect_required",
    words: "Access was denied at the provider.",
    fix: "Connect again with an account that may grant it, and allow it there.",
  },
  code_refused: {
    kind: "reconnect_required",
    words: "The provider does not accept the authorization code: it was used, or too old.",
    fix: "Connect again. If it stays so, compare the redirect URL with the one registered there.",
  },
  callback_incomplete: {
    kind: "reconnect_required",
    words: "The provider sent the browser back without what is needed.",
    fix: again,
  },
  issuer_mismatch: {
    kind: "config_error",
    words: "The answer comes from another issuer than this datasource has.",
    fix: "Check the issuer. If it is right, somebody has mixed up two providers: do not go on.",
  },
  client_refused: {
    kind: "config_error",
    words: "The provider does not accept the client.",
    fix: checkClient,
  },
  client_not_allowed: {
    kind: "config_error",
    words: "The provider does not allow this client to do that.",
    fix: "Enable this grant for the client at the provider.",
  },
  redirect_uri_refused: {
    kind: "config_error",
    words: "The provider does not know the redirect URL.",
    fix: "Register the redirect URL that the datasource shows, exactly as it is.",
  },
  scope_refused: {
    kind: "config_error",
    words: "The provider does not accept the scopes.",
    fix: "Compare the scopes and their separator with the provider's documentation.",
  },
  request_refused: {
    kind: "config_error",
    words: "The provider does not accept the request.",
    fix: "Look at the trace: a parameter is missing or has a value that it does not know.",
  },
  grant_not_supported: {
    kind: "config_error",
    words: "The provider does not know this grant.",
    fix: "Choose another grant type, or another profile.",
  },
  token_url_wrong: {
    kind: "config_error",
    words: "There is no token endpoint at this URL.",
    fix: "Check the access token URL.",
  },
  token_type_unsupported: {
    kind: "config_error",
    words: "The provider gave a token that must be used in a way that is not supported.",
    fix: "Let the provider issue bearer tokens to this client.",
  },
  no_access_token: {
    kind: "config_error",
    words: "The provider answered with success, but without an access token.",
    fix: "Check the access token URL, or choose the provider's profile.",
  },
  unsafe_answer: {
    kind: "config_error",
    words: "The answer has a form that could be read in two ways, so it is not read at all.",
    fix: "Look at the trace and report it to the provider.",
  },
  parameter_reserved: {
    kind: "config_error",
    words: "A custom parameter has a name that protects the connection and cannot be replaced.",
    fix: "Remove that parameter.",
  },
  variable_missing: {
    kind: "config_error",
    words: "A part of the provider's URL is missing or has characters that do not belong there.",
    fix: "Fill in the variable: letters, digits, dots and hyphens.",
  },
  url_missing: {
    kind: "config_error",
    words: "A URL that this step needs is missing or wrong.",
    fix: "Fill in the URL.",
  },
  private_key_wrong: {
    kind: "config_error",
    words: "The private key cannot be read or does not fit.",
    fix: "Give an RSA, P-256 or Ed25519 key as PEM or JWK.",
  },
  discovery_refused: {
    kind: "config_error",
    words: "What is published at the issuer does not describe this issuer safely.",
    fix: "Check the issuer, or fill in the URLs by hand and list their hosts as allowed.",
  },
  address_refused: {
    kind: "config_error",
    words: "This address may not be reached from here.",
    fix: "Use a public https URL, or have the operator permit the network.",
  },
  tls_failed: {
    kind: "config_error",
    words: "The provider's certificate is not trusted, or its TLS is too old.",
    fix: "Give the CA of the provider to the datasource, or have its certificate renewed.",
  },
  unreachable: {
    kind: "provider_transient",
    words: "The provider cannot be reached.",
    fix: `${wait} If it never worked, check the host name.`,
  },
  provider_failing: {
    kind: "provider_transient",
    words: "The provider says that it cannot answer now.",
    fix: wait,
  },
  unreadable_answer: {
    kind: "provider_transient",
    words: "The answer is not what a token endpoint says.",
    fix: "Check the access token URL: this may be a page for people, or a proxy in between.",
  },
  rate_limited: {
    kind: "rate_limited",
    words: "The provider wants fewer requests.",
    fix: wait,
  },
  answer_lost: {
    kind: "outcome_unknown",
    words: "The request may have reached the provider, but its answer did not come back.",
    fix: "It is tried again for some minutes. If the provider has used up the token, connect again.",
  },
  answer_unreadable_after_use: {
    kind: "outcome_unknown",
    words:
      "The provider answered in a way that cannot be read, after it may have used up the token.",
    fix: "It is tried once more. If the provider has used up the token, connect again.",
  },
} as const satisfies Record<string, Cause>;

export type CauseName = keyof typeof table;

export const providerCauses: Readonly<Record<CauseName, Cause>> = table;

const triedAgain: readonly ErrorKind[] = ["provider_transient", "rate_limited", "outcome_unknown"];

/** What to do when somebody was about to connect: a code is good once, so nothing is tried again by itself. */
export function fixOfConnecting(causeName: CauseName): string {
  const { kind, fix } = providerCauses[causeName];
  return triedAgain.includes(kind) ? "Nothing was kept. Wait a little, then connect again." : fix;
}
