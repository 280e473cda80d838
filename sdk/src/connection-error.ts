/** Why a request through a connection did not get to the API. */

export type ConnectionErrorCode =
  | "not_connected"
  | "reconnect_required"
  | "uncertain"
  | "disabled"
  | "provider_unavailable"
  | "api_unreachable"
  | "api_timeout"
  | "api_not_permitted"
  | "unauthorized"
  | "forbidden"
  | "not_found"
  | "unavailable"
  | "refused";

interface Body {
  messages?: string[];
  connect_url?: string;
  request_id?: string;
}

export class ConnectionError extends Error {
  override readonly name = "ConnectionError";
  readonly code: ConnectionErrorCode | (string & {});
  readonly status: number;
  /** Where a person connects it, when that is what it needs and the caller may know. */
  readonly connectUrl: string | undefined;
  /** When to try again, if that is known. */
  readonly retryAfterSeconds: number | undefined;
  /** Under which the refusal can be looked up. */
  readonly requestId: string | undefined;

  constructor(code: string, response: Response, body: Body) {
    super(body.messages?.join(" ") ?? `The request was refused: ${code}.`);
    this.code = code;
    this.status = response.status;
    this.connectUrl = body.connect_url;
    const retryAfter = Number(response.headers.get("retry-after") ?? Number.NaN);
    this.retryAfterSeconds = Number.isNaN(retryAfter) ? undefined : retryAfter;
    this.requestId = body.request_id;
  }

  /** Of an answer that is Countersign's own and not the API's. */
  static async of(response: Response, code: string): Promise<ConnectionError> {
    const body = (await response.json().catch(() => ({}))) as Body;
    return new ConnectionError(code, response, body);
  }
}
