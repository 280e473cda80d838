/**
 * What was put up with when an answer was read, so that support can see it. Kept with the
 * connection.
 */
export const toleranceWords = {
  form_encoded: "The answer was form-encoded and not JSON.",
  wrong_content_type: "The answer did not say that it is JSON.",
  byte_order_mark: "The answer began with a byte order mark.",
  unusual_status: "The answer was a success with a status other than 200.",
  other_member_name: "A member had another name than the standard's.",
  nested_members: "The tokens were inside another object.",
  token_type_missing: "The answer did not say the type of the token; it is used as a bearer token.",
  token_type_unknown: "The type of the token is unknown; it is used as a bearer token.",
  lifetime_as_text: "The lifetime was text and not a number.",
  lifetime_in_milliseconds: "The lifetime was in milliseconds.",
  lifetime_as_duration: "The lifetime was written as days, hours and minutes.",
  lifetime_absolute: "The answer said when the token expires, not how long it lives.",
  provider_clock_behind:
    "The provider's clock is behind; when the token ends was worked out from the date of its answer.",
  lifetime_from_token: "The lifetime was read from the token itself.",
  lifetime_assumed: "The answer had no lifetime; the profile's is assumed.",
  lifetime_missing: "The answer had no lifetime; when it ends is noticed by the API's refusal.",
  lifetime_unusable: "The lifetime made no sense and was ignored.",
  lifetime_zero: "The lifetime was zero.",
  refresh_token_kept: "The answer had no refresh token; the one there is was kept.",
  access_token_extended: "The answer had no access token; the one there is lives on.",
  refresh_token_for_client: "A machine got a refresh token; it is not used.",
  null_member: "A member was null, which is read as absent.",
  scope_as_list: "The scopes were a list.",
  scope_with_commas: "The scopes were separated by commas.",
  api_base_ignored: "The answer named a base URL of a host that the profile does not list.",
} as const;

export type Tolerance = keyof typeof toleranceWords;
