import { lookup as systemLookup } from "node:dns/promises";
import { isIP, type LookupFunction } from "node:net";
import type { AddressRules } from "./address.ts";
import { FetchRefused } from "./fetch-error.ts";
import { checkAddress } from "./outgoing-request.ts";

/** All addresses of a host name. Throws what the system throws when there are none. */
export type Resolve = (hostname: string) => Promise<readonly string[]>;

export const systemResolve: Resolve = async (hostname) => {
  const answers = await systemLookup(hostname, { all: true, order: "verbatim" });
  return answers.map(({ address }) => address);
};

type Callback = Parameters<LookupFunction>[2];

/**
 * A lookup for one connection that answers checked addresses only. The connection is made to what
 * is answered here and nobody asks a second time, so a name cannot become another address between
 * the check and its use.
 */
export function createGuardedLookup(
  resolve: Resolve,
  rules: AddressRules,
  protocol: string,
): LookupFunction {
  return (hostname, options, callback) => void answer(hostname, options.all === true, callback);

  async function answer(hostname: string, isAll: boolean, callback: Callback): Promise<void> {
    const outcome = await checkedAddresses(hostname).catch((error: NodeJS.ErrnoException) => error);
    // Not inside a promise: what the callback throws is not an answer of the resolver.
    process.nextTick(() => {
      if (outcome instanceof Error) return callback(outcome, []);
      const found = outcome.map((address) => ({ address, family: isIP(address) }));
      if (isAll) callback(null, found);
      else callback(null, found[0]!.address, found[0]!.family);
    });
  }

  async function checkedAddresses(hostname: string): Promise<readonly string[]> {
    const addresses = await resolve(hostname);
    const allowed = addresses.filter((address) => rules.judge(address) === "allowed");
    if (allowed.length > 0) return allowed;
    if (addresses.length === 0) throw new FetchRefused("address");
    // One address that is not public makes the whole name suspicious.
    for (const address of addresses) checkAddress(address, protocol, rules);
    return addresses;
  }
}
