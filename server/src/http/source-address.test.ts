import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { budgetOwnerOf, createSourceAddress } from "./source-address.ts";

const from = (trusted: string[], remoteAddress: string | undefined, forwarded?: string): string => {
  const headers = forwarded === undefined ? {} : { "x-forwarded-for": forwarded };
  return createSourceAddress(trusted)({ socket: { remoteAddress }, headers } as IncomingMessage);
};

describe("the address that a request comes from", () => {
  const cases: [what: string, given: Parameters<typeof from>, expected: string][] = [
    ["is that of the socket", [[], "192.0.2.1"], "192.0.2.1"],
    ["is IPv4 also in IPv6 clothing", [[], "::ffff:192.0.2.1"], "192.0.2.1"],
    ["is IPv4 in clothing of another cut", [[], "0:0:0:0:0:FFFF:c000:0201"], "192.0.2.1"],
    ["is not what a stranger says", [[], "192.0.2.1", "198.51.100.7"], "192.0.2.1"],
    [
      "is not what a stranger says beside a proxy",
      [["10.0.0.1"], "192.0.2.1", "198.51.100.7"],
      "192.0.2.1",
    ],
    ["is what a trusted proxy says", [["10.0.0.1"], "10.0.0.1", "198.51.100.7"], "198.51.100.7"],
    [
      "is what it says in a network",
      [["10.0.0.0/8"], "::ffff:10.1.2.3", "198.51.100.7"],
      "198.51.100.7",
    ],
    [
      "is the last that no proxy trusts",
      [["10.0.0.0/8"], "10.0.0.1", "1.1.1.1, 198.51.100.7, 10.0.0.2"],
      "198.51.100.7",
    ],
    ["is IPv6 as it was written", [["10.0.0.1"], "10.0.0.1", "2001:db8::1"], "2001:db8::1"],
    ["is that of the proxy when it says nothing", [["10.0.0.1"], "10.0.0.1"], "10.0.0.1"],
    ["is not a name", [["10.0.0.1"], "10.0.0.1", "localhost"], "unknown"],
    ["is not with a port", [["10.0.0.1"], "10.0.0.1", "198.51.100.7:80"], "unknown"],
    ["is not a line for the log", [["10.0.0.1"], "10.0.0.1", '1.1.1.1\\n{"level":50}'], "unknown"],
    ["is unknown after the socket closed", [[], undefined], "unknown"],
  ];
  for (const [what, given, expected] of cases) {
    test(what, () => assert.equal(from(...given), expected));
  }

  test("is an address or unknown, whatever is forwarded", () => {
    const headers = fc.oneof(
      fc.string(),
      fc.string({ unit: "binary" }),
      fc
        .array(fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain(), fc.string()))
        .map((all) => all.join(",")),
    );
    fc.assert(
      fc.property(headers, (header) => {
        const address = from(["10.0.0.0/8", "fd00::/8"], "10.0.0.1", header);
        assert.ok(address === "unknown" || isIP(address) !== 0, address);
      }),
    );
  });
});

describe("whose budget is used up", () => {
  const groups = fc.array(fc.oneof(fc.constant(0), fc.nat(0xffff)), { minLength: 8, maxLength: 8 });

  test("one customer has one, however its addresses are spelled and end", () => {
    fc.assert(
      fc.property(groups, groups, fc.nat(3), (one, other, style) => {
        fc.pre(!isMapped(one));
        const neighbour = [...one.slice(0, 4), ...other.slice(4)];
        fc.pre(!isMapped(neighbour));
        const owner = budgetOwnerOf(spellings(one)[0]!);
        for (const spelling of [...spellings(one), spellings(neighbour)[style]!]) {
          assert.notEqual(isIP(spelling), 0, spelling);
          assert.equal(budgetOwnerOf(spelling), owner, spelling);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("two customers have two", () => {
    fc.assert(
      fc.property(groups, fc.nat(3), fc.integer({ min: 1, max: 0xffff }), (one, at, change) => {
        const other = one.with(at, one[at]! ^ change);
        fc.pre(!isMapped(one) && !isMapped(other));
        assert.notEqual(budgetOwnerOf(spellings(one)[0]!), budgetOwnerOf(spellings(other)[0]!));
      }),
    );
  });

  test("each IPv4 address has one, in whatever clothing it comes", () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        const [a, b, c, d] = address.split(".").map(Number) as [number, number, number, number];
        const mapped = [0, 0, 0, 0, 0, 0xffff, a * 256 + b, c * 256 + d];
        for (const spelling of [address, ...spellings(mapped)]) {
          assert.equal(budgetOwnerOf(from([], spelling)), address, spelling);
        }
      }),
    );
    assert.equal(budgetOwnerOf("unknown"), "unknown");
  });
});

const isMapped = (groups: number[]): boolean =>
  groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;

/** The same address in ways that differ in zeros, case, compression, a dotted end and a zone. */
function spellings(groups: number[]): string[] {
  const short = groups.map((group) => group.toString(16));
  const padded = short.map((group) => group.padStart(4, "0").toUpperCase());
  const [high, low] = [groups[6]!, groups[7]!];
  const dotted = [high >> 8, high & 255, low >> 8, low & 255].join(".");
  const all = [short.join(":"), padded.join(":"), [...short.slice(0, 6), dotted].join(":")];
  for (let at = 0; at < 8; at += 1) {
    let end = at;
    while (end < 8 && groups[end] === 0) end += 1;
    if (end === at) continue;
    all.push(`${short.slice(0, at).join(":")}::${short.slice(end).join(":")}`);
    if (end > 6) continue;
    all.push(`${padded.slice(0, at).join(":")}::${[...short.slice(end, 6), dotted].join(":")}`);
  }
  return [...all, `${all[0]}%eth0`];
}
