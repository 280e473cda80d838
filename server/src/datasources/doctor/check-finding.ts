/** What a check of a datasource can find, in one table: how bad it is, what it is, what to do. */

export type Severity = "error" | "warning" | "ok";

const table = {
  setting_wrong: ["error", "A setting is missing or wrong.", "Fill it in."],
  setting_doubtful: ["warning", "A setting is doubtful.", "Change it if you can."],
  host_unreachable: [
    "error",
    "Nobody answers there: the name does not exist, the server is down, or a firewall is between.",
    "Compare the URL with the provider's documentation, letter by letter.",
  ],
  address_refused: [
    "error",
    "This address may not be reached from here.",
    "Use a public https URL, or have the operator permit the network.",
  ],
  tls_failed: [
    "error",
    "The certificate is not trusted, is for another name, or the TLS is too old.",
    "Check the host name; for a certificate of your own give its CA as certificate_authority.",
  ],
  plain_http: [
    "warning",
    "Tokens and secrets would go there without TLS.",
    "Use the https URL; http is for networks that the operator has permitted.",
  ],
  not_found: [
    "error",
    "The server is there, but has nothing at this path.",
    "Compare the path with the provider's documentation.",
  ],
  answers_page: [
    "error",
    "A page for people is at this URL, and no token endpoint.",
    "Look for the token URL in the provider's documentation: this may be its site or its login.",
  ],
  redirects: [
    "error",
    "The URL leads on to another one, and requests for tokens are not sent on.",
    "Give the URL that it leads to, if that is the provider's.",
  ],
  answer_unusual: [
    "warning",
    "The answer to an empty request is not what a token endpoint says.",
    "Connect once to see whether it works; the trace shows what was said.",
  ],
  provider_failing: [
    "warning",
    "The provider says that it cannot answer now.",
    "Check again later.",
  ],
  token_endpoint_good: ["ok", "A token endpoint answers there.", ""],
  url_good: ["ok", "The server answers there.", ""],
  authorization_refused: [
    "error",
    "The provider refuses to ask a person for this client.",
    "Compare the client ID with the provider's page, and what the client may do there.",
  ],
  redirect_url_unregistered: [
    "error",
    "The provider does not know the redirect URL of this datasource.",
    "Register it there exactly as redirect_url shows it.",
  ],
  redirect_url_to_register: [
    "ok",
    "The provider did not object to the redirect URL; some only do once a person has signed in.",
    "Make sure that redirect_url is registered there, exactly as it is.",
  ],
  offline_missing: [
    "warning",
    "Without it the provider gives no refresh token, and somebody has to connect again each hour or so.",
    "Add it, then connect.",
  ],
  scope_separator: [
    "warning",
    "The scopes are not separated as this provider wants it.",
    "Give each scope by itself, and set scope_separator.",
  ],
  scope_unknown: [
    "warning",
    "The provider does not list this scope among those that it knows.",
    "Compare it with the provider's documentation.",
  ],
  issuer_mismatch: [
    "error",
    "What is published at the issuer names another issuer.",
    "Give the issuer exactly as it is published, with or without the last slash.",
  ],
  issuer_unreadable: [
    "warning",
    "Nothing that describes the provider could be read at the issuer.",
    "Check the issuer, or leave it out and fill in the URLs.",
  ],
  differs_from_issuer: [
    "warning",
    "The issuer publishes another URL for this.",
    "Take the published one, unless the provider told you otherwise.",
  ],
  profile_exists: [
    "warning",
    "There is a profile for this provider, which knows what it does differently.",
    "Choose the profile.",
  ],
  no_host_for_token: [
    "warning",
    "No host may get the token: there is neither a base URL nor an allowed host.",
    "Give the base URL of the API.",
  ],
  client_authentication_found: ["ok", "The provider accepts the client this way.", ""],
  client_authentication_differs: [
    "warning",
    "The provider accepts the client in another way than the one that is set.",
    "Take the way that was found.",
  ],
  client_refused: [
    "error",
    "The provider refuses this client in every way that was tried.",
    "Compare client ID and secret with the provider's page.",
  ],
  client_authentication_unknown: [
    "warning",
    "It cannot be told which way to prove the client the provider wants.",
    "Take the one in the provider's documentation, and connect once to see.",
  ],
} as const satisfies Record<string, readonly [Severity, string, string]>;

export type CheckCause = keyof typeof table;

export interface CheckFinding {
  severity: Severity;
  field: string;
  cause: CheckCause;
  message: string;
  fix: string;
}

/** `detail` stands before what the cause says; `fix` in the place of its own. */
export function finding(
  field: string,
  cause: CheckCause,
  { detail, fix }: { detail?: string | undefined; fix?: string } = {},
): CheckFinding {
  const [severity, words, usual] = table[cause];
  const message = detail === undefined ? words : `${detail}: ${words}`;
  return { severity, field, cause, message, fix: fix ?? usual };
}
