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
  if (trustedProxies.length === 0) return createPlainOnce();
  const trust = proxyAddr.compile(trustedProxies);
  return (request) => plain(proxyAddr(request, trust));
}

/** Nearly all requests come from where the one before came from. */
function createPlainOnce(): (request: IncomingMessage) => string {
  let last: string | undefined;
  let known = plain(last);
  return ({ socket: { remoteAddress } }) => {
    if (remoteAddress !== last) [last, known] = [remoteAddress, plain(remoteAddress)];
    return known;
  };
}

/** An IPv4 address in IPv6 clothing is that IPv4 address; anything that is no address has no name. */
function plain(address = ""): string {
  if (isIPv4(address)) return address;
  if (!isIPv6(address)) return "unknown";
  return mayBeMapped.test(address) ? withoutClothing(address) : address;
}

const mayBeMapped = /^[0:]+:ffff:/i;

function withoutClothing(address: string): string {
  const [high = 0, low = 0] = groupsOf(address).slice(6);
  const isMapped = groupsOf(address).slice(0, 6).join(":") === "0:0:0:0:0:65535";
  return isMapped ? [high >> 8, high & 255, low >> 8, low & 255].join(".") : address;
}

/** Whose budget a request uses up: an IPv6 customer has a whole /64. */
export function budgetOwnerOf(address: string): string {
  if (!isIPv6(address)) return address;
  const network = groupsOf(address).slice(0, 4);
  return network.map((group) => group.toString(16)).join(":");
}

/** The eight numbers of an IPv6 address, however it is spelled. */
function groupsOf(address: string): number[] {
  const [text = ""] = address.split("%", 1);
  const [front = [], back = []] = text.split("::").map(numbersOf);
  const zeros: number[] = Array.from({ length: 8 - front.length - back.length }, () => 0);
  return [...front, ...zeros, ...back];
}

function numbersOf(text: string): number[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) => {
    if (!group.includes(".")) return Number.parseInt(group, 16);
    const [a = 0, b = 0, c = 0, d = 0] = group.split(".").map(Number);
    return [a * 256 + b, c * 256 + d];
  });
}
