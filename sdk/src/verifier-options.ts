import { endpointPaths } from "@countersign/protocol/metadata.ts";
import type { FindApiKey } from "./api-key.ts";
import type { Fetch } from "./json-document.ts";
import { checkIssuer, parseSecureUrl, wellKnownUrl } from "./secure-url.ts";

export interface VerifyOptions {
  /** Refuse a token issued longer ago than this, however long it lives. */
  maxTokenAgeSeconds?: number | undefined;
}

export interface VerifierOptions extends VerifyOptions {
  /** The `iss` of the tokens, compared exactly. */
  issuer: string;
  /** The name of your API, compared exactly with the `aud` of the tokens. */
  audience: string;
  /** The `fetch` that gets the issuer's keys. */
  fetch?: Fetch | undefined;
  /** Where the keys are, when the issuer's metadata should not be asked. */
  jwksUri?: string | undefined;
  /** How far two clocks may differ: 30 by default, 60 at most. */
  clockToleranceSeconds?: number | undefined;
  /** How many verified tokens are remembered: 10,000 by default, 0 for none. */
  cacheSize?: number | undefined;
  /** How long the last keys count while the issuer cannot be asked: by default, and at most, a day. */
  staleKeysSeconds?: number | undefined;
  /**
   * Takes API keys in `x-api-key` as well; `introspectApiKeys` makes such a function. Without it they
   * are refused. A limit on the age of tokens does not concern keys.
   */
  findApiKey?: FindApiKey | undefined;
  /** Where your API describes itself; by default below the audience, `false` for nowhere. */
  resourceMetadata?: string | false | undefined;
  /** Milliseconds since the epoch. */
  now?: (() => number) | undefined;
}

export interface VerifierSettings {
  issuer: string;
  audience: string;
  fetch: Fetch;
  jwksUri: string | undefined;
  clockToleranceSeconds: number;
  cacheSize: number;
  staleKeysSeconds: number;
  maxTokenAgeSeconds: number | undefined;
  findApiKey: FindApiKey | undefined;
  resourceMetadata: string | undefined;
  now: () => number;
}

const clockToleranceSecondsMax = 60;
const staleKeysSecondsMax = 86_400;
const cacheSizeMax = 1_000_000;

/** Fills in what was left out. Throws `TypeError`, naming the option, for what is not usable. */
export function parseVerifierOptions(options: VerifierOptions): VerifierSettings {
  const { issuer, audience, jwksUri, maxTokenAgeSeconds, clockToleranceSeconds = 30 } = options;
  const { cacheSize = 10_000, staleKeysSeconds = staleKeysSecondsMax } = options;
  checkIssuer(issuer);
  if (typeof audience !== "string" || audience === "") {
    throw new TypeError('"audience" must be the name of your API');
  }
  if (jwksUri !== undefined && parseSecureUrl(jwksUri) === undefined) {
    throw new TypeError('"jwksUri" must be an https URL (or http on loopback)');
  }
  checkNumber("clockToleranceSeconds", clockToleranceSeconds, clockToleranceSecondsMax);
  checkNumber("cacheSize", cacheSize, cacheSizeMax);
  checkNumber("staleKeysSeconds", staleKeysSeconds, staleKeysSecondsMax);
  checkMaxTokenAge(maxTokenAgeSeconds);
  return {
    issuer,
    audience,
    jwksUri,
    clockToleranceSeconds,
    cacheSize,
    staleKeysSeconds,
    maxTokenAgeSeconds,
    findApiKey: options.findApiKey,
    fetch: options.fetch ?? ((url, init) => fetch(url, init)),
    now: options.now ?? (() => Date.now()),
    resourceMetadata: resourceMetadataOf(options),
  };
}

/** A limit that is not a number would limit nothing. Throws `TypeError`. */
export function checkMaxTokenAge(maxTokenAgeSeconds: number | undefined): void {
  if (maxTokenAgeSeconds !== undefined) {
    checkNumber("maxTokenAgeSeconds", maxTokenAgeSeconds, Infinity);
  }
}

function checkNumber(name: string, value: number, max: number): void {
  if (typeof value !== "number" || !(value >= 0 && value <= max)) {
    throw new TypeError(`"${name}" must be a number from 0 to ${max}`);
  }
}

/** RFC 9728 §3.1; an audience that is no web address has no place for it. */
function resourceMetadataOf({ audience, resourceMetadata }: VerifierOptions): string | undefined {
  if (resourceMetadata !== undefined) return resourceMetadata || undefined;
  if (!/^https?:\/\//.test(audience) || !URL.canParse(audience)) return undefined;
  return wellKnownUrl(audience, endpointPaths.protectedResourceMetadata);
}
