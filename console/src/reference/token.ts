import type { CreateTestToken, TestToken } from "@countersign/protocol/admin/test-tokens.ts";
import { clientPath } from "../api/app-clients.ts";
import { request } from "../api/request.ts";

/**
 * The token that requests are sent with. The page holds tokens alone, never a secret: one that was got
 * for an app client is got anew when it is about to end.
 */

export interface Held {
  token: string;
  expiresAtMs: number;
  scope: string;
}

export interface Wanted {
  clientId: string;
  /** None: all that the client has. */
  permissions: readonly string[];
  audience: string | undefined;
}

const renewBeforeMs = 30_000;

export interface Tokens {
  /** One that is good for a while. Rejects with `ApiProblem`. */
  current(): Promise<Held>;
}

export function createTokens(wanted: Wanted): Tokens {
  let held: Promise<Held> | undefined;
  return {
    async current() {
      const known = await held?.catch(() => undefined);
      if (known !== undefined && Date.now() < known.expiresAtMs - renewBeforeMs) return known;
      held = getToken(wanted);
      return held;
    },
  };
}

async function getToken({ clientId, permissions, audience }: Wanted): Promise<Held> {
  const body: CreateTestToken = {
    ...(permissions.length === 0 ? {} : { scope: permissions.join(" ") }),
    ...(audience === undefined ? {} : { resource: audience }),
  };
  const startedAtMs = Date.now();
  const path = `${clientPath(clientId)}/test_tokens`;
  const answer = await request<TestToken>("POST", path, { body });
  return {
    token: answer.access_token,
    expiresAtMs: startedAtMs + answer.expires_in * 1_000,
    scope: answer.scope ?? "",
  };
}
