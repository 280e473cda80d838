import type { ConnectionRecord } from "../store/store.ts";
import type { ConnectionContext } from "./connection.ts";
import { openTokens } from "./held-tokens.ts";
import { callProvider } from "./protocol/provider-call.ts";
import { buildRevocation } from "./protocol/token-request.ts";
import type { Provider } from "./provider.ts";
import { redirectUrlOf } from "./redirect-url.ts";

/** Tokens that go back to their provider because nobody here will use them any more. */

/**
 * Best effort: what is deleted here is deleted, whatever the provider says [RFC 7009 §2.1]. `false` when it
 * could not be told.
 */
export async function giveBack(
  context: ConnectionContext,
  connection: ConnectionRecord,
  provider: Provider,
): Promise<boolean> {
  const { sealer, system, fetch, log, providerTimeoutMs: totalMs } = context;
  const held = openTokens(sealer, connection);
  const value = held?.refreshToken ?? held?.accessToken ?? "";
  if (value === "") return true;
  const hint = held?.refreshToken === undefined ? "access_token" : "refresh_token";
  const { tokenOrigin, captured } = connection;
  const about = {
    nowMs: system.now(),
    assertionId: system.randomUuid(),
    redirectUri: redirectUrlOf(context),
    tokenOrigin,
    captured,
  };
  try {
    const request = buildRevocation(provider, { value, hint }, about);
    if (request === undefined) return true;
    const { status } = await callProvider(fetch, request, { totalMs });
    log.info({ connection: connection.id, status }, "a token was given back to its provider");
    return true;
  } catch (error) {
    log.warn({ err: error, connection: connection.id }, "a token was not given back");
    return false;
  }
}

const atOnceMax = 4;
const failuresMax = 3;

/** Of many, a few at a time, and no more once the provider cannot be told several times in a row. */
export async function giveBackAll(
  context: ConnectionContext,
  connections: readonly ConnectionRecord[],
  provider: Provider,
): Promise<void> {
  const waiting = [...connections];
  let failures = 0;
  const work = async (): Promise<void> => {
    for (;;) {
      const connection = failures < failuresMax ? waiting.pop() : undefined;
      if (connection === undefined) return;
      failures = (await giveBack(context, connection, provider)) ? 0 : failures + 1;
    }
  };
  await Promise.all(Array.from({ length: atOnceMax }, work));
  const { length: count } = waiting;
  if (count > 0) context.log.warn({ count }, "tokens were not given back: nobody answers there");
}
