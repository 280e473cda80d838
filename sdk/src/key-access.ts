import { Access } from "./access.ts";
import type { FindApiKey, IntrospectedKey } from "./api-key.ts";
import { AuthorizationError, invalidToken, located } from "./authorization-error.ts";
import { type Credentials, findPlainApiKey } from "./bearer.ts";
import type { Verifier } from "./verifier.ts";

/** A verifier that also takes API keys, besides one that takes tokens. */
export function withApiKeys(
  tokens: Verifier,
  findApiKey: FindApiKey,
  resourceMetadata: string | undefined,
): Verifier {
  /** What is found again is the same object for as long as it is remembered. */
  const accesses = new WeakMap<IntrospectedKey, Access>();

  async function judge(plainKey: string): Promise<Access> {
    const key = await askAbout(plainKey, findApiKey);
    if (key === undefined) throw invalidToken("The API key is not valid, or no longer.");
    return accessOf(key);
  }

  function accessOf(key: IntrospectedKey): Access {
    const access = accesses.get(key) ?? new Access(key, resourceMetadata);
    accesses.set(key, access);
    return access;
  }

  return {
    async verify(credentials, use) {
      try {
        const plainKey = apiKeyOf(credentials);
        if (plainKey !== undefined) return await judge(plainKey);
      } catch (error) {
        throw located(error, resourceMetadata);
      }
      return tokens.verify(credentials, use);
    },
    verifyCached(credentials, use) {
      try {
        const plainKey = apiKeyOf(credentials);
        if (plainKey !== undefined) {
          const key = findApiKey.findRemembered?.(plainKey);
          return key && accessOf(key);
        }
      } catch (error) {
        throw located(error, resourceMetadata);
      }
      return tokens.verifyCached(credentials, use);
    },
  };
}

/** A bare text is a token. */
function apiKeyOf(credentials: Credentials | string): string | undefined {
  return typeof credentials === "string" ? undefined : findPlainApiKey(credentials);
}

/** 503 and not 401 when nobody knows: the key may be good. */
async function askAbout(
  plainKey: string,
  findApiKey: FindApiKey,
): Promise<IntrospectedKey | undefined> {
  try {
    return await findApiKey(plainKey);
  } catch (error) {
    if (error instanceof AuthorizationError) throw error;
    const description = "The API key cannot be checked at the moment. Try again.";
    throw new AuthorizationError("temporarily_unavailable", description, {
      retryAfterSeconds: 1,
      cause: error,
    });
  }
}
