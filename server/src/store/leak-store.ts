import type { Written } from "./outcome.ts";
import type { AuditRecord, CredentialRecord, FindingRecord, Revocation } from "./records.ts";
import type { ApiKeyStore } from "./people-store.ts";

/** The part of the store that keeps what was reported as leaked. A secret is here as its digest only. */

/** A secret of ours that somebody saw where it should not be. */
export interface LeakRecord {
  id: string;
  tenantId: string;
  /** SHA-256 of the secret or token, base64url. */
  digest: string;
  /** `client_secret`, `api_key`, `verifier_secret` or `access_token`. */
  kind: string;
  /** The credential, API key, API or `jti`. */
  subjectId: string;
  /** The app client that it belongs to. */
  clientId: string | undefined;
  /** Of an API key: who made it. */
  ownerType: string | undefined;
  ownerId: string | undefined;
  /** The last characters. */
  hint: string;
  /** What it was worth when it was last reported from a new place. */
  state: string;
  /** `notify`, `disable` or `revoke`, as it was then. */
  policy: string;
  /** What was done: `notified`, `disabled`, `revoked` or `nothing_left`. */
  response: string;
  /** JSON: what could be done with it then. */
  rights: string;
  /** `open`, `resolved` or `false_alarm`. */
  status: string;
  note: string;
  /** How many places it was seen at. */
  placeCount: number;
  firstReportedAtMs: number;
  lastReportedAtMs: number;
  /** Counts up with every change; `If-Match` compares it. */
  version: number;
}

/** Where a leaked secret was seen, and who said so. */
export interface LeakPlaceRecord {
  /** SHA-256 of the place, base64url: one that is known already changes nothing. */
  placeDigest: string;
  url: string;
  source: string;
  /** The reporter's own name for the kind of secret. */
  type: string;
  /** `partner`, or the kind of caller. */
  reporterType: string;
  reporterId: string;
  atMs: number;
}

/** What a digest belongs to. */
export interface DigestOwner {
  digest: string;
  kind: "client_secret" | "api_key" | "verifier_secret";
  tenantId: string;
  /** The credential, API key or API. */
  id: string;
  /** Of a credential. */
  clientId: string | undefined;
}

/** What is done at once about a leaked secret, in the transaction that records the leak. */
export type LeakAct =
  | {
      kind: "credential";
      input: {
        before: CredentialRecord;
        after: CredentialRecord;
        revocations: Revocation[];
        audit: AuditRecord;
      };
    }
  | { kind: "api_key"; input: Parameters<ApiKeyStore["updateApiKey"]>[0] }
  | {
      kind: "token";
      input: {
        tenantId: string;
        clientId: string;
        tokenId: string;
        perClientMax: number;
        audit: AuditRecord;
      };
    };

export interface LeakPage {
  /** Continue behind this leak, towards older ones. */
  after: { firstReportedAtMs: number; id: string } | undefined;
  status: string | undefined;
  kind: string | undefined;
  clientId: string | undefined;
  subjectId: string | undefined;
  limit: number;
}

export interface LeakStore {
  /** What of ours has one of these digests, in whatever tenant. */
  findDigestOwners(digestScheme: string, digests: string[]): Promise<DigestOwner[]>;
  /** The leak of a secret, and whether it was seen at this place before. */
  findLeakByDigest(
    tenantId: string,
    digest: string,
    placeDigest: string,
  ): Promise<{ leak: LeakRecord; isKnownPlace: boolean } | undefined>;
  findLeak(tenantId: string, id: string): Promise<LeakRecord | undefined>;
  /** Newest first. */
  listLeaks(tenantId: string, page: LeakPage): Promise<LeakRecord[]>;
  /** Oldest first. */
  listLeakPlaces(leakId: string): Promise<LeakPlaceRecord[]>;
  /**
   * A secret was seen at a new place; what is done about it happens in the same transaction.
   * `repeated` when the place is known, `conflict` when anything of it changed meanwhile.
   */
  recordLeak(input: {
    /** The new state; `version` is 1 for a new leak, else one more than what was read. */
    leak: LeakRecord;
    place: LeakPlaceRecord;
    act: LeakAct | undefined;
    finding: FindingRecord | undefined;
    audit: AuditRecord;
  }): Promise<Written | "repeated">;
  /** With the last open leak of a client its finding goes. `conflict` when it changed meanwhile. */
  updateLeak(input: { leak: LeakRecord; audit: AuditRecord }): Promise<Written>;
  /** Forgets leaks that are closed, and about which nothing has been written down since. */
  sweepLeaks(input: { beforeMs: number }): Promise<Written>;
}
