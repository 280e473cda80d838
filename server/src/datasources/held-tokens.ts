import type { Sealer } from "../keys/sealing.ts";
import type { ConnectionRecord, ConnectionTokens } from "../store/store.ts";
import type { TokenAnswer, TokenSet } from "./protocol/token-answer.ts";

/** The tokens of a connection, sealed while they are not used. */

export interface HeldTokens {
  /** Empty while there is only a refresh token that somebody brought along. */
  accessToken: string;
  refreshToken?: string | undefined;
  /** Further tokens of the same grant, as the provider's profile names them. */
  slots?: Readonly<Record<string, TokenSet>>;
}

type Whose = Pick<ConnectionRecord, "tenantId" | "id">;

const placeOf = ({ tenantId, id }: Whose) => ({
  tenantId,
  label: "connection.tokens",
  rowId: id,
});

export const sealTokens = (sealer: Sealer, whose: Whose, tokens: HeldTokens): string =>
  sealer.seal(placeOf(whose), JSON.stringify(tokens));

/** `undefined` when none are held. */
export function openTokens(
  sealer: Sealer,
  connection: Pick<ConnectionRecord, "tenantId" | "id" | "sealedTokens">,
): HeldTokens | undefined {
  const { sealedTokens } = connection;
  if (sealedTokens === undefined) return undefined;
  return JSON.parse(sealer.open(placeOf(connection), sealedTokens)) as HeldTokens;
}

/** No refresh is under way, and none has failed. */
export const nothingPending = {
  reason: undefined,
  reasonDetail: undefined,
  refreshId: undefined,
  refreshTries: 0,
  failures: 0,
  failingSinceMs: undefined,
  nextTryAtMs: undefined,
} satisfies Partial<ConnectionTokens>;

/** What changes when a provider has given tokens. */
export function connectedWith(
  sealer: Sealer,
  connection: ConnectionRecord,
  { tokens, tolerances }: TokenAnswer,
  nowMs: number,
): Partial<ConnectionTokens> {
  const { accessToken, refreshToken, slots } = tokens;
  const isSteady = connection.state === "connected";
  const keepsRefreshToken = !tokens.hasNewRefreshToken && refreshToken !== undefined;
  return {
    ...nothingPending,
    state: "connected",
    sinceMs: isSteady ? connection.sinceMs : nowMs,
    account: tokens.identity ?? connection.account,
    grantedScopes: tokens.scopes === undefined ? connection.grantedScopes : [...tokens.scopes],
    tolerances: [...tolerances],
    captured: { ...connection.captured, ...tokens.captured },
    apiBaseUrl: tokens.apiBaseUrl ?? connection.apiBaseUrl,
    sealedTokens: sealTokens(sealer, connection, { accessToken, refreshToken, slots }),
    tokensAtMs: nowMs,
    expiresAtMs: tokens.expiresAtMs,
    refreshTokenExpiresAtMs:
      tokens.refreshTokenExpiresAtMs ??
      (keepsRefreshToken ? connection.refreshTokenExpiresAtMs : undefined),
  };
}
