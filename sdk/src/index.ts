export type { Access, AccessClaims, PermissionName, Resource } from "./access.ts";
export {
  AuthorizationError,
  type AuthorizationErrorCode,
  type AuthorizationErrorStatus,
} from "./authorization-error.ts";
export type { FindApiKey, IntrospectedKey } from "./api-key.ts";
export type { Credentials } from "./bearer.ts";
export type { ClientAuthentication } from "./client-authentication.ts";
export { clientCredentials, type ClientCredentialsOptions } from "./client-credentials.ts";
export { connection, type Connection, type ConnectionOptions } from "./connection.ts";
export { ConnectionError, type ConnectionErrorCode } from "./connection-error.ts";
export {
  type CountersignError,
  OAuthError,
  TransportError,
  type TransportErrorCode,
  type UnexpectedResponse,
  UnexpectedResponseError,
  type UnexpectedResponseErrorCode,
} from "./errors.ts";
export { introspectApiKeys, type IntrospectApiKeysOptions } from "./introspect-api-keys.ts";
export type { Fetch } from "./json-document.ts";
export type { TokenSource } from "./token-source.ts";
export type { VerifierOptions, VerifyOptions } from "./verifier-options.ts";
export { createVerifier, type Verifier } from "./verifier.ts";
