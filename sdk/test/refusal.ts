import assert from "node:assert/strict";
import { AuthorizationError, type AuthorizationErrorCode } from "../src/authorization-error.ts";

/** Waits for a refusal and looks at its code; any other error fails the test. */
export async function refusal(
  verdict: Promise<unknown>,
  code: AuthorizationErrorCode,
  of = "",
): Promise<AuthorizationError> {
  try {
    await verdict;
  } catch (error) {
    assert.ok(error instanceof AuthorizationError, `${of}: ${String(error)}`);
    assert.equal(error.code, code, `${of}: ${error.description}`);
    return error;
  }
  assert.fail(`accepted: ${of}`);
}
