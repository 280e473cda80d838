import type { OAuthRefusal } from "./oauth-error.ts";
import { protocolCauses, type CauseInWords } from "./protocol-causes.ts";

/**
 * Every cause for which a request is refused, in words for the administrator who looks it up: what
 * happened, and what to do. Strangers never see them. A cause without words does not compile.
 */

/** Causes of the API under `/v2`; those of the protocol endpoints are in `oauth-error.ts`. */
export const adminCauses = [
  "no_credentials",
  "leak_report_not_signed",
  "connection_not_usable",
  "connect_state_refused",
  "provider_unavailable",
  "api_unreachable",
  "malformed_bearer_header",
  "api_key_unknown",
  "api_key_is_client_secret",
  "api_key_disabled",
  "token_malformed",
  "token_of_other_issuer",
  "token_altered",
  "token_for_other_audience",
  "token_expired",
  "token_from_the_future",
  "token_client_gone",
  "token_client_disabled",
  "token_credential_gone",
  "token_credential_disabled",
  "token_taken_back",
  "token_not_valid",
  "permission_missing",
  "more_than_held",
  "invalid_request",
  "not_found",
  "no_such_address",
  "wrong_method",
  "conflict",
  "changed_meanwhile",
  "repeated_key",
  "sign_in_refused",
  "sign_in_throttled",
  "second_factor_refused",
  "passkey_refused",
  "sign_in_over",
  "recent_sign_in_missing",
  "cross_site_request",
  "code_not_valid",
  "too_large",
  "wrong_media_type",
  "other_refusal",
] as const;

export type AdminCause = (typeof adminCauses)[number];
export type RefusalCause = OAuthRefusal | AdminCause;

export const refusalCauses: Record<RefusalCause, CauseInWords> = {
  ...protocolCauses,
  no_credentials: {
    explanation:
      "The request had neither an Authorization header with a Bearer token nor an x-api-key.",
    whatToDo: "Send one of them. A proxy in between may have taken the header away.",
  },
  leak_report_not_signed: {
    explanation:
      "A report of leaked secrets named a signing key that is not in the file of partner keys, or its signature was not of the body that came.",
    whatToDo:
      "If the partner has new keys, fetch them into the file again. If a proxy changes bodies, stop it there.",
  },
  connection_not_usable: {
    explanation:
      "The connection was not connected, has to be connected again, or is disabled: its state says which.",
    whatToDo: "Open its connect link, or enable it.",
  },
  connect_state_refused: {
    explanation:
      "A browser came back from a provider with a state that was not begun in it, was used, or is too old.",
    whatToDo:
      "Open the connect link again. If nobody meant to connect anything, somebody tried to have an account of theirs connected in another's name.",
  },
  provider_unavailable: {
    explanation: "The connection's token had to be renewed, and its provider gave none.",
    whatToDo:
      "Look at the reason of the connection. If the provider fails, it is tried again by itself.",
  },
  api_unreachable: {
    explanation:
      "The API behind a connection did not answer in time, could not be reached, or may not be reached from here.",
    whatToDo:
      "Check the datasource's base URL and allowed hosts. Private networks need the operator's permission.",
  },
  malformed_bearer_header: {
    explanation: "The Authorization header was not one Bearer token.",
    whatToDo: "Send `Authorization: Bearer` and one token, once, without quotes around it.",
  },
  api_key_unknown: {
    explanation: "No API key of this account has this value, or it was deleted.",
    whatToDo: "Compare the key's last characters with the list of API keys, or create a new one.",
  },
  api_key_is_client_secret: {
    explanation: "The value sent as an API key has the form of a client secret.",
    whatToDo: "Exchange client id and secret for a token at the token endpoint, and send that.",
  },
  api_key_disabled: {
    explanation: "The API key, or the person it belongs to, is disabled.",
    whatToDo: "Enable it again, or use another key.",
  },
  token_malformed: {
    explanation: "What was sent as a Bearer token is not a JWT of the kind that is issued here.",
    whatToDo:
      "Send the `access_token` of a token response, whole. An API key belongs in x-api-key, and a token of another kind is not accepted.",
  },
  token_of_other_issuer: {
    explanation: "The token was not signed with a key that is published here.",
    whatToDo:
      "Check that the client gets its tokens from this issuer, and not from another environment. A key that was removed voids its tokens.",
  },
  token_altered: {
    explanation: "The token names a key of this issuer, but its signature does not match.",
    whatToDo:
      "Send the token exactly as it was issued. If nobody altered it on the way, somebody forged it.",
  },
  token_for_other_audience: {
    explanation: "The token was issued for another API than this one.",
    whatToDo: "Ask for a token without `resource`, or with `resource` set to this API's audience.",
  },
  token_expired: {
    explanation: "The token had expired; the details say by how many seconds.",
    whatToDo:
      "Get a new token before the old one expires. A few seconds point to a slow client, a constant number of minutes to a wrong clock or time zone.",
  },
  token_from_the_future: {
    explanation:
      "By this server's clock the token is not valid yet; the details say by how many seconds.",
    whatToDo: "Synchronize the clocks of the machines that issue and check tokens.",
  },
  token_client_gone: {
    explanation: "The app client that the token was issued to has been deleted.",
    whatToDo: "Create an app client and use its credentials.",
  },
  token_client_disabled: {
    explanation: "The app client that the token was issued to is disabled.",
    whatToDo: "Enable the app client, if it should have access.",
  },
  token_credential_gone: {
    explanation: "The credential that earned the token has been revoked.",
    whatToDo: "Get a token with a credential that is active.",
  },
  token_credential_disabled: {
    explanation: "The credential that earned the token is disabled.",
    whatToDo: "Enable the credential, or get a token with another one.",
  },
  token_taken_back: {
    explanation:
      "The token was good once, and was revoked, or what it permits was taken away since.",
    whatToDo: "Get a new token: it says what the client may do now.",
  },
  token_not_valid: {
    explanation: "The token was refused while so many were that the cause was not looked into.",
    whatToDo: "Look up a refusal from a quieter minute.",
  },
  permission_missing: {
    explanation: "The caller is known, but does not hold the permission that the details name.",
    whatToDo:
      "Give the client or the person a role with this permission. If it has one, get a new token: without a narrower `scope`.",
  },
  more_than_held: {
    explanation: "The caller tried to grant, or to see, more than it holds itself.",
    whatToDo: "Let somebody do it who holds what is to be granted.",
  },
  invalid_request: {
    explanation: "A part of the request is not valid; the details name the fields that are ours.",
    whatToDo: "Read `field_errors` in the answer, and compare with the API reference.",
  },
  not_found: {
    explanation: "There is nothing with this id in the caller's account.",
    whatToDo: "Check the id, and whether the credentials belong to the account that has it.",
  },
  no_such_address: {
    explanation: "There is no such address.",
    whatToDo: "Compare the path with the API reference.",
  },
  wrong_method: {
    explanation: "There is such an address, but it does not take this method.",
    whatToDo: "Use a method that the `Allow` header of the answer names.",
  },
  conflict: {
    explanation:
      "The request does not go with the present state: a name is taken, or a limit reached.",
    whatToDo: "Read the message of the answer; it says what stands in the way.",
  },
  changed_meanwhile: {
    explanation: "`If-Match` named another version than the stored one.",
    whatToDo: "Read the resource again and repeat the change.",
  },
  repeated_key: {
    explanation: "The Idempotency-Key had been used for another request.",
    whatToDo: "Use a new key for a new request.",
  },
  sign_in_refused: {
    explanation: "The name or the password was wrong, or the person is disabled.",
    whatToDo:
      "Let the person try again, or give out a reset link. Many of these from one address are an attack.",
  },
  sign_in_throttled: {
    explanation:
      "The name or the password was wrong, after more than a hundred others in a minute.",
    whatToDo: "Look where they come from. A right password is taken all the same.",
  },
  passkey_refused: {
    explanation:
      "A passkey was not accepted: it is not known here, its page was too old or used before, it did not check who was there, or its counter did not go up.",
    whatToDo:
      "The person can sign in with the password and look at /account/factors. If the audit log says `user.passkey_counter_behind`, remove that passkey: somebody may have copied it.",
  },
  second_factor_refused: {
    explanation:
      "The password was right, but the code or the passkey after it was not, or was used before.",
    whatToDo:
      "Check the clock of the device that shows the codes. If it was not its owner, the password is known to somebody else: reset it.",
  },
  sign_in_over: {
    explanation: "The cookie names a session that has ended, expired or never was.",
    whatToDo: "Sign in again.",
  },
  recent_sign_in_missing: {
    explanation: "The person is signed in, but the last proof of that is too long ago for this.",
    whatToDo: "Confirm the sign-in and repeat the request.",
  },
  cross_site_request: {
    explanation:
      "A request that changes something came with the cookie of a person, but not from a page of ours.",
    whatToDo:
      "Open the console under the public URL. If a proxy changes the Origin header, stop it there. Otherwise another site tried to act in the person's name.",
  },
  code_not_valid: {
    explanation: "The code of a setup, invitation or reset link was unknown, spent or too old.",
    whatToDo: "Give out a new link.",
  },
  too_large: {
    explanation: "The body or the address is too large.",
    whatToDo: "Send less in one request.",
  },
  wrong_media_type: {
    explanation: "The body was not sent as application/json.",
    whatToDo: "Set `Content-Type: application/json`.",
  },
  other_refusal: {
    explanation: "The request was refused before any route looked at it.",
    whatToDo: "Correct the request; the same one will be refused again.",
  },
};

export function isRefusalCause(text: string): text is RefusalCause {
  return Object.hasOwn(refusalCauses, text);
}
