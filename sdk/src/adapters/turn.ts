import type { Access } from "../access.ts";
import { AuthorizationError } from "../authorization-error.ts";
import type { Credentials } from "../bearer.ts";
import type { VerifyOptions } from "../verifier-options.ts";
import type { Verifier } from "../verifier.ts";

/** What happens to one request, in a framework that goes on by calling a function. */
export interface Turn {
  credentials: Credentials;
  options: VerifyOptions;
  /** Looks at the permission; what it throws is refused. */
  admit(access: Access): void;
  /** Answers the request. */
  refuse(error: AuthorizationError): void;
  /** Hands the request on, or a mistake of ours. */
  proceed(mistake?: unknown): void;
}

/** A token that was verified before is judged without leaving the call stack. */
export function takeTurn(verifier: Verifier, turn: Turn): void {
  const { credentials, options } = turn;
  const fail = (error: unknown): void => {
    if (!(error instanceof AuthorizationError)) return turn.proceed(error);
    try {
      turn.refuse(error);
    } catch (mistake) {
      turn.proceed(mistake);
    }
  };
  let access: Access | undefined;
  try {
    access = verifier.verifyCached(credentials, options);
    if (access !== undefined) turn.admit(access);
  } catch (error) {
    return fail(error);
  }
  if (access !== undefined) return turn.proceed();
  verifier
    .verify(credentials, options)
    .then((verified) => turn.admit(verified))
    .then(() => turn.proceed(), fail);
}
