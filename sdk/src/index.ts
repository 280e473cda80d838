export type { Access, PermissionName, Resource } from "./access.ts";
export {
  AuthorizationError,
  type AuthorizationErrorCode,
  type AuthorizationErrorStatus,
} from "./authorization-error.ts";
export type { Credentials } from "./bearer.ts";
export { createVerifier, type Verifier } from "./verifier.ts";
export type { VerifierOptions, VerifyOptions } from "./verifier-options.ts";
