/** The request is understood and answered no. The message is safe for strangers. */
export class RequestError extends Error {
  override readonly name = "RequestError";
  readonly status: 400 | 404 | 409;
  /** What stands in the body besides the messages. */
  readonly members: Readonly<Record<string, unknown>>;

  constructor(status: 400 | 404 | 409, message: string, members: Record<string, unknown> = {}) {
    super(message);
    this.status = status;
    this.members = members;
  }
}

/** 400: which fields are wrong, and why. */
export function badRequest(fieldErrors: Readonly<Record<string, string>>): RequestError {
  return new RequestError(400, "The request is not valid.", { field_errors: fieldErrors });
}

/** 404, also for what belongs to somebody else. */
export function notFound(what: "corpus" | "document", id: string): RequestError {
  return new RequestError(404, `There is no such ${what}.`, { id });
}

/** 409: right in itself, but not as things stand. */
export function conflict(message: string): RequestError {
  return new RequestError(409, message);
}
