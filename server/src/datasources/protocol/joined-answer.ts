import type { TokenAnswer } from "./token-answer.ts";

/**
 * What two calls one after the other have given: the second's token is the one that the API takes, and
 * whatever only the first said holds still, its refresh token above all: without it there would be no
 * way to new tokens.
 */
export function joinedAnswer(first: TokenAnswer, second: TokenAnswer): TokenAnswer {
  const [before, after] = [first.tokens, second.tokens];
  const whose = after.refreshToken === undefined ? before : after;
  const { refreshToken, hasNewRefreshToken, refreshTokenExpiresAtMs } = whose;
  return {
    tokens: {
      ...after,
      refreshToken,
      hasNewRefreshToken,
      refreshTokenExpiresAtMs,
      scopes: after.scopes ?? before.scopes,
      idToken: after.idToken ?? before.idToken,
      identity: after.identity ?? before.identity,
      captured: { ...before.captured, ...after.captured },
      apiBaseUrl: after.apiBaseUrl ?? before.apiBaseUrl,
      slots: { ...before.slots, ...after.slots },
    },
    tolerances: [...new Set([...first.tolerances, ...second.tolerances])],
  };
}
