import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { CredentialState } from "@countersign/protocol/admin/credentials.ts";
import { sampleCredential } from "../store/contract/records.contract.ts";
import type { CredentialRecord } from "../store/records.ts";
import { stateOf } from "./credential.ts";

type Times = Pick<
  CredentialRecord,
  "expiresAtMs" | "disabledAtMs" | "disabledUntilMs" | "revokedAtMs"
>;

const state = (own: Partial<Times>, atMs: number): CredentialState =>
  stateOf(sampleCredential({ tenantId: "tnt_1", clientId: "client" }, own), atMs);

const cases: [what: string, own: Partial<Times>, over: [atMs: number, state: CredentialState][]][] =
  [
    [
      "is active until something happens",
      {},
      [
        [0, "active"],
        [1e15, "active"],
      ],
    ],
    [
      "expires in the moment it names",
      { expiresAtMs: 100 },
      [
        [99, "active"],
        [100, "expired"],
        [1e15, "expired"],
      ],
    ],
    [
      "stays disabled for good",
      { disabledAtMs: 50 },
      [
        [50, "disabled"],
        [1e15, "disabled"],
      ],
    ],
    [
      "comes back by itself",
      { disabledAtMs: 50, disabledUntilMs: 100 },
      [
        [50, "disabled"],
        [99, "disabled"],
        [100, "active"],
      ],
    ],
    [
      "expires while it is disabled",
      { disabledAtMs: 50, disabledUntilMs: 100, expiresAtMs: 80 },
      [
        [79, "disabled"],
        [80, "expired"],
        [100, "expired"],
      ],
    ],
    [
      "never comes back from revocation",
      { revokedAtMs: 50, disabledAtMs: 10, disabledUntilMs: 20, expiresAtMs: 90 },
      [
        [50, "revoked"],
        [100, "revoked"],
      ],
    ],
    [
      "is revoked at once, whatever this process's clock says",
      { revokedAtMs: 1_000 },
      [[0, "revoked"]],
    ],
  ];
for (const [what, own, over] of cases) {
  test(`a credential ${what}`, () => {
    for (const [atMs, expected] of over) assert.equal(state(own, atMs), expected, String(atMs));
  });
}

test("a credential that is revoked or expired is never accepted again", () => {
  const time = fc.option(fc.nat(1_000), { nil: undefined });
  const times = fc.record({
    expiresAtMs: time,
    disabledAtMs: time,
    disabledUntilMs: time,
    revokedAtMs: time,
  });
  fc.assert(
    fc.property(times, fc.nat(1_000), fc.nat(1_000), (own, atMs, laterMs) => {
      const now = state(own, atMs);
      const later = state(own, atMs + laterMs);
      if (now === "revoked" || now === "expired") assert.equal(later, now);
      if (now === "active") assert.notEqual(later, "disabled");
    }),
  );
});
