/** What is behind the door: see `outbound.ts`. */

export {
  createDatasource,
  deleteDatasource,
  loadDatasource,
  providerOf,
  updateDatasource,
} from "./datasource.ts";
export { doubtsOf } from "./datasource-settings.ts";
export { redirectUrlOf } from "./redirect-url.ts";
