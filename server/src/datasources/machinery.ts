/** What is behind the door: see `outbound.ts`. */

export {
  beginAuthorization,
  confirmAccount,
  finishAuthorization,
  StateRefused,
} from "./authorization.ts";
export { createBackgroundRenewal } from "./background-renewal.ts";
export { buildApiRequest, leadFromApi, returnedFields } from "./api-request.ts";
export { connectUrlOf, findByLink } from "./connect-link.ts";
export {
  createConnection,
  deleteConnection,
  loadConnection,
  updateConnection,
} from "./connection.ts";
export { wordsOf } from "./connection-refused.ts";
export { readAppsmith } from "./appsmith.ts";
export { readOwnExport } from "./own-export.ts";
export {
  checkInput,
  createDatasource,
  inputOf,
  loadDatasource,
  providerOf,
  toShownProvider,
  updateDatasource,
} from "./datasource.ts";
export { deleteDatasource } from "./delete-datasource.ts";
export { doubtsOf } from "./datasource-settings.ts";
export { checkDatasource } from "./doctor/check-datasource.ts";
export { detectClientAuthentication } from "./doctor/detect-client-authentication.ts";
export { providerToCheck } from "./doctor/provider-to-check.ts";
export { describedProfiles } from "./describe-profile.ts";
export { bodyStartMax, isExpiryAnswer, needsBody } from "./protocol/expiry-matcher.ts";
export { ProviderError } from "./protocol/provider-error.ts";
export { toleranceWords } from "./protocol/tolerance.ts";
export { redirectUrlOf } from "./redirect-url.ts";
export { createFreshTokens } from "./refresh.ts";
