export type ClientAuthentication = "basic" | "post";

export interface ClientIdentity {
  clientId: string;
  clientSecret: string;
}

/**
 * The value of `Authorization` for `client_secret_basic`: id and secret are form-encoded first, then
 * put together and written in base64 [RFC 6749 §2.3.1].
 */
export function basicCredentials({ clientId, clientSecret }: ClientIdentity): string {
  return `Basic ${btoa(`${formEncode(clientId)}:${formEncode(clientSecret)}`)}`;
}

/** RFC 6749 Appendix B, by way of a form with one nameless field. */
function formEncode(text: string): string {
  return new URLSearchParams([["", text]]).toString().slice(1);
}
