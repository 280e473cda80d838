import type { PresentedClient } from "../clients/authentication.ts";
import { OAuthError } from "../errors/oauth-error.ts";
import type { TokenParameters } from "../grants/grant.ts";
import type { HttpRequest } from "./message.ts";
import { decodeFormText } from "./parameters.ts";

/**
 * What a request says about who is calling, in the header or in the body but not in both
 * [RFC 6749 §2.3]. A `Bearer` header and an `x-api-key` are ignored here: real clients send them
 * along. A body may repeat the `client_id` of the header.
 */
export function parsePresentedClient(
  request: HttpRequest,
  parameters: TokenParameters,
): PresentedClient {
  checkOneAuthorizationHeader(request.rawHeaders);
  const basic = parseBasic(request.headers.authorization);
  const clientId = parameters.get("client_id");
  const plainSecret = parameters.get("client_secret");
  const proofs = [basic, plainSecret, parameters.get("client_assertion")];
  if (proofs.filter((proof) => proof !== undefined).length > 1) {
    throw new OAuthError("several_authentication_methods");
  }
  if (basic !== undefined) {
    if (clientId !== undefined && clientId !== basic.clientId) {
      throw new OAuthError("client_id_mismatch");
    }
    return { ...basic, method: "client_secret_basic" };
  }
  if (clientId === undefined) throw new OAuthError("no_client_authentication");
  const method = plainSecret === undefined ? "none" : "client_secret_post";
  return { clientId, plainSecret, method };
}

/** Whether the client used the header, and so is to be challenged in it [RFC 6749 §5.2]. */
export const usesBasic = ({ headers }: HttpRequest): boolean =>
  /^basic\b/i.test(headers.authorization ?? "");

function checkOneAuthorizationHeader(rawHeaders: readonly string[]): void {
  let seen = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!;
    if (name.length === 13 && name.toLowerCase() === "authorization") seen += 1;
  }
  if (seen > 1) throw new OAuthError("several_authorization_headers");
}

const basicPattern = /^basic +([A-Za-z0-9+/]+={0,2})$/i;
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Id and secret are form-encoded inside the base64, a step that RFC 7617 does not have
 * [RFC 6749 §2.3.1]. Our own secrets read the same either way.
 */
function parseBasic(
  authorization: string | undefined,
): { clientId: string; plainSecret: string } | undefined {
  if (authorization === undefined || !/^basic\b/i.test(authorization)) return undefined;
  const [, encoded] = basicPattern.exec(authorization) ?? [];
  if (encoded === undefined) throw new OAuthError("malformed_authorization_header");
  try {
    const text = utf8.decode(Buffer.from(encoded, "base64"));
    const colon = text.indexOf(":");
    const clientId = decodeFormText(text.slice(0, Math.max(0, colon)));
    const plainSecret = decodeFormText(text.slice(colon + 1));
    if (colon > 0 && clientId !== "" && plainSecret !== "") return { clientId, plainSecret };
  } catch {
    // Bytes or escapes that are not UTF-8: refused like any other wrong header.
  }
  throw new OAuthError("malformed_authorization_header");
}
