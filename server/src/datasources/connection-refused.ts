import { fixOfConnecting, providerCauses, type CauseName } from "./protocol/provider-causes.ts";

/** Why a connection cannot be used now, in words for whoever wanted to use it. */

export type RefusedUse =
  | "not_connected"
  | "reconnect_required"
  | "uncertain"
  | "disabled"
  | "provider_unavailable";

const messages: Readonly<Record<RefusedUse, string>> = {
  not_connected: "Nobody has connected this yet. Open connect_url to connect it.",
  reconnect_required: "This must be connected again. Open connect_url to do it.",
  uncertain:
    "The provider may have used up the refresh token, and its answer was lost. Open connect_url to connect again.",
  disabled: "This connection is disabled.",
  provider_unavailable: "The provider gives no token now. Try again later.",
};

export class ConnectionRefused extends Error {
  override name = "ConnectionRefused";
  readonly code: RefusedUse;
  readonly connection: { id: string; tenantId: string; linkId: string };
  readonly retryAfterMs: number | undefined;

  constructor(
    code: RefusedUse,
    connection: { id: string; tenantId: string; linkId: string; reason: string | undefined },
    retryAfterMs?: number,
  ) {
    const why = wordsOf(connection.reason)?.message;
    super(why === undefined ? messages[code] : `${messages[code]} ${why}`);
    this.code = code;
    this.connection = connection;
    this.retryAfterMs = retryAfterMs;
  }
}

/** Nothing was asked: the provider is left alone because of what others were told. */
export class ProviderPaused extends ConnectionRefused {
  constructor(connection: ConstructorParameters<typeof ConnectionRefused>[1], waitMs: number) {
    super("provider_unavailable", connection, waitMs);
  }
}

const ownReasons: Readonly<Record<string, { message: string; fix: string }>> = {
  settings_changed: {
    message: "The datasource was changed in a way that needs a new consent.",
    fix: "Connect again.",
  },
  account_differs: {
    message: "Somebody connected with another account than before.",
    fix: "Connect again with the same account, or confirm the other one.",
  },
};

/** What happened and what to do, for the reason that is kept with a connection, or with who was connecting. */
export function wordsOf(
  reason: string | undefined,
  isConnecting = false,
): { message: string; fix: string } | undefined {
  if (reason === undefined) return undefined;
  if (Object.hasOwn(ownReasons, reason)) return ownReasons[reason];
  if (!Object.hasOwn(providerCauses, reason)) return undefined;
  const cause = reason as CauseName;
  const { words, fix } = providerCauses[cause];
  return { message: words, fix: isConnecting ? fixOfConnecting(cause) : fix };
}
