import type { IncomingMessage } from "node:http";
import { isIPv4, isIPv6 } from "node:net";
import proxyAddr from "@fastify/proxy-addr";

/**
 * Where a request comes from. A forwarding header counts only when a trusted proxy set it, and what
 * it names is taken as text: nothing is looked up.
 */
export function createSourceAddress(
  trustedProxies: string[],
): (request: IncomingMessage) => string {
  if (trustedProxies.length === 0) return ({ socket }) => plain(socket.remoteAddress);
  const trust = proxyAddr.compile(trustedProxies);
  return (request) => plain(proxyAddr(request, trust));
}

/** An IPv4 address in IPv6 clothing is that IPv4 address; anything that is no address has no name. */
function plain(address = ""): string {
  const unclothed = /^::ffff:/i.test(address) ? address.slice("::ffff:".length) : address;
  if (isIPv4(unclothed)) return unclothed;
  return isIPv6(address) ? address : "unknown";
}

/** Whose budget a request uses up: an IPv6 customer has a whole /64. */
export function budgetOwnerOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = "", tail = ""] = address.split("%", 1)[0]!.split("::");
  const front = head === "" ? [] : head.split(":");
  const back = tail === "" ? [] : tail.split(":");
  const middle: string[] = Array(Math.max(0, 8 - front.length - back.length)).fill("0");
  const groups = [...front, ...(address.includes("::") ? middle : []), ...back];
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":");
}
