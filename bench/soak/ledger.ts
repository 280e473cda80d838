/** What a provider that rotates refresh tokens knows of each grant: the truth, afterwards. */

export interface Grant {
  owner: string;
  refreshToken: string;
  /** The one before it, which some providers take once more. */
  previousToken: string | undefined;
  accessToken: string;
  /** Takes the token before it again: whatever is lost, such a grant can be saved. */
  isForgiving: boolean;
  rotation: Rotation;
}

/** Each has its own: an answer that is lost late says nothing about the one after it. */
export interface Rotation {
  atMs: number;
  isAnswerLost: boolean;
}

export interface Ledger {
  /** A new one, every other of which forgives. */
  grant(owner: string): Grant;
  of(owner: string): Grant;
  /** New tokens for a refresh token that counts. */
  rotate(presented: string): Grant | undefined;
  whose(accessToken: string): Grant | undefined;
}

export function createLedger(): Ledger {
  const byOwner = new Map<string, Grant>();
  const byRefresh = new Map<string, Grant>();
  const byAccess = new Map<string, Grant>();
  let count = 0;

  function isGood(grant: Grant, presented: string): boolean {
    const isAgain = grant.isForgiving && presented === grant.previousToken;
    return presented === grant.refreshToken || isAgain;
  }

  return {
    grant(owner) {
      count += 1;
      const grant = {
        owner,
        refreshToken: `rt-${count}`,
        previousToken: undefined,
        accessToken: "",
        isForgiving: byOwner.size % 2 === 0,
        rotation: { atMs: 0, isAnswerLost: false },
      };
      byOwner.set(owner, grant);
      byRefresh.set(grant.refreshToken, grant);
      return grant;
    },
    of: (owner) => byOwner.get(owner)!,
    rotate(presented) {
      const grant = byRefresh.get(presented);
      if (grant === undefined || !isGood(grant, presented)) return undefined;
      for (const old of [grant.previousToken, grant.refreshToken]) {
        if (old !== undefined && old !== presented) byRefresh.delete(old);
      }
      byAccess.delete(grant.accessToken);
      count += 1;
      Object.assign(grant, {
        previousToken: presented,
        refreshToken: `rt-${count}`,
        accessToken: `at-${count}`,
        rotation: { atMs: performance.now(), isAnswerLost: false },
      });
      byRefresh.set(grant.refreshToken, grant);
      byAccess.set(grant.accessToken, grant);
      return grant;
    },
    whose: (accessToken) => byAccess.get(accessToken),
  };
}
