import { providerCauses, type CauseName, type ErrorKind } from "./provider-causes.ts";

interface Particulars {
  /** Private: a name or a status, never a value that was sent. */
  detail?: string;
  status?: number;
  retryAfterMs?: number | undefined;
  /** The provider's own code and text, cut and without control characters. */
  providerCode?: string | undefined;
  providerText?: string | undefined;
  cause?: unknown;
}

/** What went wrong with a provider, and what that means for the connection. */
export class ProviderError extends Error {
  override name = "ProviderError";
  readonly causeName: CauseName;
  readonly kind: ErrorKind;
  /** What to do about it, in a sentence for the administrator. */
  readonly fix: string;
  readonly detail: string | undefined;
  readonly status: number | undefined;
  /** How long the provider wants to be left alone. */
  readonly retryAfterMs: number | undefined;
  readonly providerCode: string | undefined;
  readonly providerText: string | undefined;

  constructor(causeName: CauseName, particulars: Particulars = {}) {
    const { kind, words, fix } = providerCauses[causeName];
    super(words, { cause: particulars.cause });
    this.causeName = causeName;
    this.kind = kind;
    this.fix = fix;
    this.detail = particulars.detail;
    this.status = particulars.status;
    this.retryAfterMs = particulars.retryAfterMs;
    this.providerCode = clean(particulars.providerCode, 100);
    this.providerText = clean(particulars.providerText, 300);
  }

  /** The same, with the provider's own words changed: they may repeat what they should not. */
  withText(change: (text: string) => string): ProviderError {
    const { detail, status, retryAfterMs, providerCode, providerText, cause } = this;
    return new ProviderError(this.causeName, {
      ...(detail === undefined ? {} : { detail }),
      ...(status === undefined ? {} : { status }),
      retryAfterMs,
      providerCode: providerCode === undefined ? undefined : change(providerCode),
      providerText: providerText === undefined ? undefined : change(providerText),
      cause,
    });
  }
}

function clean(text: string | undefined, charactersMax: number): string | undefined {
  return text?.replace(/[\p{Cc}\p{Cf}]+/gu, " ").slice(0, charactersMax);
}
