import { ConnectionRefused } from "../../datasources/connection-refused.ts";
import { ProviderError } from "../../datasources/protocol/provider-error.ts";
import { AdminError } from "../../errors/admin-error.ts";
import { FetchFailed, FetchRefused } from "../../fetch/fetch-error.ts";

/** What keeps a connection from being used, as an answer of the API. */

/** `connectUrlOf`: a link that mends it, where a person can. */
export function toAdminError(
  error: unknown,
  connectUrlOf: (connection: ConnectionRefused["connection"]) => string,
): unknown {
  if (error instanceof ConnectionRefused) return ofConnection(error, connectUrlOf);
  if (error instanceof FetchRefused) return ofRefusedRequest(error);
  if (error instanceof FetchFailed) {
    const isLate = error.reason === "timeout";
    return new AdminError(isLate ? 504 : 502, error.message, {
      code: isLate ? "api_timeout" : "api_unreachable",
      cause: "api_unreachable",
    });
  }
  if (error instanceof ProviderError) {
    const status = error.causeName === "address_refused" ? 403 : 409;
    return new AdminError(status, `${error.message} ${error.fix}`, {
      code: "api_not_permitted",
      cause: "api_unreachable",
    });
  }
  return error;
}

function ofConnection(
  error: ConnectionRefused,
  connectUrlOf: (connection: ConnectionRefused["connection"]) => string,
): AdminError {
  const { code, retryAfterMs, message, connection } = error;
  if (code === "provider_unavailable") {
    const retryAfterSeconds = Math.max(1, Math.ceil((retryAfterMs ?? 1_000) / 1_000));
    return new AdminError(503, message, { code, retryAfterSeconds, cause: "provider_unavailable" });
  }
  const connectUrl = code === "disabled" ? undefined : connectUrlOf(connection);
  return new AdminError(409, message, { code, connectUrl, cause: "connection_not_usable" });
}

/** Not sent. Of an address nothing is said but that: no scanner learns what is behind it. */
function ofRefusedRequest({ reason, message }: FetchRefused): AdminError {
  const cause = "api_unreachable" as const;
  if (reason === "header") return new AdminError(400, message, { fieldErrors: {}, cause });
  if (reason === "busy") {
    return new AdminError(503, message, { code: "api_unreachable", retryAfterSeconds: 1, cause });
  }
  return new AdminError(502, message, { code: "api_not_permitted", cause });
}
