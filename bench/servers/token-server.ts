import { formRequest } from "../load/load.ts";

/** What the servers beside Countersign are told, so that all know the same clients. */
export interface TokenServerSetup {
  port: number;
  issuer: string;
  audience: string;
  lifetimeSeconds: number;
  clients: BenchClient[];
  claims: ExtraClaims;
  /** Answer together what has arrived together; not every server knows how. */
  inTurns: boolean;
}

export interface BenchClient {
  clientId: string;
  plainSecret: string;
  /** SHA-256, base64url. */
  secretDigest: string;
}

/**
 * What Countersign's tokens say beyond the claims that any server writes by itself: the others add
 * it, so that all tokens are of one size.
 */
export interface ExtraClaims {
  scope: string;
  roles: string[];
  tenant: string;
  pos: number;
  cred: string;
}

/** A whole request, with the secret in the body. */
export const tokenRequest = (path: string, { clientId, plainSecret }: BenchClient): string =>
  formRequest(path, {
    grant_type: "client_credentials",
    client_id: clientId,
    client_secret: plainSecret,
  });
