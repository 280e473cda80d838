import { createPrivateKey, sign, type KeyObject } from "node:crypto";
import type { ClientAuthentication, Provider } from "../provider.ts";
import { ProviderError } from "./provider-error.ts";
import { encodeForm, fillValue, type Credentials, type Parameter } from "./step-request.ts";

/** How we prove to a provider which client we are. */

export interface AssertionInput {
  /** Epoch milliseconds. */
  nowMs: number;
  /** Never used before. */
  assertionId: string;
  /** Where the assertion goes: its audience. */
  tokenUrl: string;
  redirectUri: string;
}

const assertionSeconds = 60;

/** Throws `ProviderError` with `config_error`. */
export function clientCredentials(
  { settings, profile }: Provider,
  method: ClientAuthentication,
  input: AssertionInput,
): Credentials {
  const { clientId, clientSecret = "" } = settings;
  switch (method) {
    case "none":
      return { parameters: [["client_id", clientId]] };
    case "body":
    case "json":
      return {
        parameters: [
          ["client_id", clientId],
          ["client_secret", clientSecret],
        ],
      };
    case "basic":
      return formEncodedBasic(clientId, clientSecret);
    case "basic_raw":
      return basic(clientId, clientSecret);
    case "basic_secret":
      return basic(clientSecret, "");
    case "private_key_jwt":
      return { parameters: assertionParameters({ settings, profile }, input) };
  }
}

/** The standard form-encodes both before they go into Basic [RFC 6749 §2.3.1]. */
function formEncodedBasic(clientId: string, clientSecret: string): Credentials {
  const password = formEncode(clientSecret);
  return basic(formEncode(clientId), password, password !== clientSecret);
}

function basic(username: string, password: string, isEncoded = false): Credentials {
  const header = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  return { parameters: [], basic: { username, password, isEncoded, header } };
}

function formEncode(text: string): string {
  return encodeForm([["", text]]).slice(1);
}

/** [RFC 7523 §2.2] and [OpenID Connect Core §9]. */
function assertionParameters(provider: Provider, input: AssertionInput): Parameter[] {
  return [
    ["client_id", provider.settings.clientId],
    ["client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"],
    ["client_assertion", signAssertion(provider, input)],
  ];
}

function signAssertion({ settings, profile }: Provider, input: AssertionInput): string {
  const issuedAt = Math.floor(input.nowMs / 1000);
  const redirectHost = URL.parse(input.redirectUri)?.hostname ?? "";
  const values = { client_id: settings.clientId, redirect_host: redirectHost };
  const overrides = Object.entries(profile.assertionClaims ?? {}).map(
    ([name, template]) => [name, fillValue(template, values)] as const,
  );
  const key = readPrivateKey(settings.privateKey ?? "");
  const { alg, digest } = algorithmOf(key);
  const header = { alg, typ: "JWT", ...(settings.privateKeyId && { kid: settings.privateKeyId }) };
  const claims = {
    iss: settings.clientId,
    sub: settings.clientId,
    aud: input.tokenUrl,
    jti: input.assertionId,
    iat: issuedAt,
    exp: issuedAt + assertionSeconds,
    ...Object.fromEntries(overrides),
  };
  const text = `${encode(header)}.${encode(claims)}`;
  const signature = sign(digest, Buffer.from(text), { key, dsaEncoding: "ieee-p1363" });
  return `${text}.${signature.toString("base64url")}`;
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

function readPrivateKey(text: string): KeyObject {
  try {
    if (!text.trimStart().startsWith("{")) return createPrivateKey(text);
    return createPrivateKey({ key: JSON.parse(text), format: "jwk" });
  } catch {
    // What was thrown may repeat parts of the key.
    throw new ProviderError("private_key_wrong");
  }
}

/** [RFC 7518 §3.1] and [RFC 8037 §3.1]. */
function algorithmOf(key: KeyObject): { alg: string; digest: string | null } {
  const { namedCurve, modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === "ed25519") return { alg: "EdDSA", digest: null };
  if (namedCurve === "prime256v1") return { alg: "ES256", digest: "sha256" };
  if (key.asymmetricKeyType === "rsa" && modulusLength >= 2048) {
    return { alg: "RS256", digest: "sha256" };
  }
  throw new ProviderError("private_key_wrong");
}
