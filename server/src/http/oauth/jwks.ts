import { keySetCacheSeconds } from "../../keys/rotation.ts";
import type { SigningKeys } from "../../keys/signing.ts";
import type { Log } from "../../log.ts";
import { publicDocument, type Endpoint } from "../message.ts";
import { writeOAuthError } from "../oauth-error.ts";

/**
 * The public keys of the issuer [RFC 7517 §5], the next one included. The cache time is tied to the
 * rotation: a key signs only after every cached set must have been refreshed.
 */
export function createJwksEndpoint(keys: SigningKeys, tenantId: string, log: Log): Endpoint {
  return async (request) => {
    try {
      return publicDocument(await keys.publicSet(tenantId), keySetCacheSeconds);
    } catch (error) {
      return writeOAuthError(request, error, log);
    }
  };
}
