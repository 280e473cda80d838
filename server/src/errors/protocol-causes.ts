import type { OAuthRefusal } from "./oauth-error.ts";

/** The causes of the protocol endpoints in words: what happened, and what to do. */

export interface CauseInWords {
  explanation: string;
  whatToDo: string;
}

const fixTheRequest = "Correct the request; the same one will be refused again.";

export const protocolCauses: Record<OAuthRefusal, CauseInWords> = {
  method_not_allowed: {
    explanation: "The request was not a POST, or not a method that the endpoint has.",
    whatToDo:
      "Send a POST. A redirect from http to https turns a POST into a GET: use the https address.",
  },
  wrong_content_type: {
    explanation: "The body was not a form.",
    whatToDo:
      "Send `application/x-www-form-urlencoded` and no compression. JSON is accepted at /oauth/token only.",
  },
  body_too_large: {
    explanation: "The body was larger than 64 KiB.",
    whatToDo: fixTheRequest,
  },
  malformed_body: {
    explanation: "The body could not be decoded: a broken escape, or bytes that are not UTF-8.",
    whatToDo: "Let a library encode the form; a `%` in a value must be sent as `%25`.",
  },
  too_many_parameters: {
    explanation: "The request had more than a hundred parameters.",
    whatToDo: fixTheRequest,
  },
  duplicate_parameter: {
    explanation: "A parameter occurred twice.",
    whatToDo: "Send each parameter once. Some libraries add client_id when it is there already.",
  },
  parameter_in_query: {
    explanation: "A parameter stood in the URL, where proxies and logs keep it.",
    whatToDo: "Send it in the body. If it was a secret, rotate it: it is in logs by now.",
  },
  missing_grant_type: {
    explanation: "The parameter grant_type was missing.",
    whatToDo: "Send `grant_type=client_credentials`.",
  },
  unsupported_grant_type: {
    explanation: "No grant with this name is supported.",
    whatToDo: "The metadata lists the grants in `grant_types_supported`.",
  },
  grant_not_allowed: {
    explanation: "The client proved itself, but its settings do not allow this grant.",
    whatToDo: "Add the grant to the client's `grant_types`, or use one that is there.",
  },
  malformed_authorization_header: {
    explanation: "The Authorization header could not be read as Basic with an id and a secret.",
    whatToDo:
      "Encode `client_id:client_secret` in base64 on one line. Id and secret are form-encoded first.",
  },
  several_authorization_headers: {
    explanation: "There was more than one Authorization header.",
    whatToDo: "Send one. A proxy may be adding its own.",
  },
  several_authentication_methods: {
    explanation: "The client proved itself twice: in the header and in the body.",
    whatToDo: "Use one of them.",
  },
  no_client_authentication: {
    explanation: "The request did not say which client it comes from.",
    whatToDo: "Send id and secret: as Basic in the Authorization header, or in the body.",
  },
  client_id_mismatch: {
    explanation: "The header and the body named two different clients.",
    whatToDo: "Send client_id once, or the same one twice.",
  },
  unknown_client: {
    explanation: "No client has this client_id; it may have been deleted.",
    whatToDo:
      "Check the client_id, and that the request goes to the right environment. The client_id is not the resource id that begins with app_.",
  },
  wrong_secret: {
    explanation: "The client exists, but none of its credentials is the one that was sent.",
    whatToDo:
      "Compare the end of the secret that is in use with the hints in the list of credentials. A variable that was not set, or was cut off at a `$` or `#`, is the usual reason.",
  },
  secret_plus_decoded_as_space: {
    explanation:
      "The secret would have been right, but each `+` in it arrived as a space: in a form, `+` means a space.",
    whatToDo: "Encode `+` as `%2B`, in the body and also inside Basic, or let a library do it.",
  },
  secret_with_white_space: {
    explanation: "The secret would have been right without the white space around it.",
    whatToDo:
      "Remove the space or line break. `echo` adds one when it writes a file; use `printf %s`.",
  },
  wrong_authentication_method: {
    explanation:
      "The client did not prove itself in the way it is registered for; the details name both.",
    whatToDo:
      "Use the registered method, or change the client's `token_endpoint_auth_method`. Without one, Basic and post are both accepted.",
  },
  client_disabled: {
    explanation: "The secret was right, but the client is disabled.",
    whatToDo: "Enable the app client, if it should have access.",
  },
  credential_disabled: {
    explanation: "The secret was right, but this credential is disabled.",
    whatToDo: "Enable the credential, or let the client use its newer one.",
  },
  credential_expired: {
    explanation: "The secret was right, but this credential has expired.",
    whatToDo: "Add a credential to the client and give its secret to whoever runs it.",
  },
  credential_revoked: {
    explanation: "The secret was right once, but this credential has been revoked.",
    whatToDo:
      "Give the newer secret to whoever still uses the old one; the source address says where it came from.",
  },
  too_many_failures: {
    explanation:
      "There had been a hundred wrong attempts in a minute, so this one was answered with 429. The right secret is never throttled.",
    whatToDo:
      "Find what retries with a wrong secret: `first_cause` in the details is why it was refused.",
  },
  malformed_scope: {
    explanation: "The scope was not a list of names with single spaces between them.",
    whatToDo: "Separate names with one space, not with commas.",
  },
  scope_not_allowed: {
    explanation: "The scope names a permission that exists, but that the client does not hold.",
    whatToDo:
      "Give the client a role with the permission that the details name, or ask for less. Without `scope` a client gets all it holds.",
  },
  scope_unknown: {
    explanation: "The scope names something that is no permission of this API.",
    whatToDo:
      "Check the spelling: permissions read like `documents:write`. `openid` and its like are for people who sign in.",
  },
  malformed_resource: {
    explanation: "The resource was not an absolute URI without a fragment.",
    whatToDo: "Send the audience of the API, exactly.",
  },
  unknown_resource: {
    explanation: "The client's account has no API with this audience.",
    whatToDo: "Send the audience of a registered API exactly, or leave `resource` out.",
  },
  several_resources: {
    explanation: "The request named several resources.",
    whatToDo: "Ask for one token per API.",
  },
  malformed_authorization_details: {
    explanation: "The authorization_details were not a JSON array of the known form.",
    whatToDo: "Send an array of objects with type, identifier and actions.",
  },
  authorization_details_not_allowed: {
    explanation: "The authorization_details ask for more than the client may do there.",
    whatToDo: "Give the client a role on the resource, or ask for less.",
  },
  authorization_details_too_large: {
    explanation: "The authorization_details that were asked for are longer than a token carries.",
    whatToDo: "Ask for fewer at a time, in several tokens.",
  },
  missing_subject_token: {
    explanation: "The parameter subject_token was missing.",
    whatToDo: "Send the API key that is to be exchanged as `subject_token`.",
  },
  unknown_subject_token_type: {
    explanation: "The subject_token_type was missing, or names something that cannot be exchanged.",
    whatToDo: "Send `urn:countersign:params:oauth:token-type:api-key`: only API keys can be.",
  },
  unknown_requested_token_type: {
    explanation: "The requested_token_type names something that is not issued.",
    whatToDo: "Leave it out, or send `urn:ietf:params:oauth:token-type:access_token`.",
  },
  actor_token_not_taken: {
    explanation: "The exchange named somebody who acts on behalf of the subject.",
    whatToDo: "Leave `actor_token` out: delegation is not supported.",
  },
  unknown_subject_token: {
    explanation: "No API key of this account has the value that was to be exchanged.",
    whatToDo: "Compare the key's last characters with the list of API keys, or create a new one.",
  },
  disabled_subject_token: {
    explanation:
      "The API key that was to be exchanged is disabled or expired, or its person or client is.",
    whatToDo: "Enable it again, or use another key.",
  },
  missing_token: {
    explanation: "The parameter token was missing.",
    whatToDo: "Send the token in the body as `token`.",
  },
  too_many_revoked_tokens: {
    explanation: "Too many single tokens of this client are revoked already.",
    whatToDo: "Revoke the credential that earns them instead.",
  },
  store_unavailable: {
    explanation: "The database did not answer. It was not the request.",
    whatToDo: "Nothing: clients try again. If it lasts, see the operating guide.",
  },
  internal_error: {
    explanation: "A mistake of this server. It was not the request.",
    whatToDo: "The log has the error under this request id; please report it.",
  },
};
