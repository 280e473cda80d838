import { BlockList, isIP } from "node:net";

/**
 * Which addresses an outgoing request may reach. Public ones are told by what they are, so that a
 * range that nobody thought of is refused and not reached.
 */

/** `allowed`: named by the operator, who may mean a private network. */
export type Verdict = "public" | "allowed" | "forbidden";

export interface AddressRules {
  /** Anything that is not the text of an IP address is forbidden. */
  judge(address: string): Verdict;
}

/** Addresses of IPv4 that are not public: the registry of special purposes, multicast and above. */
const specialV4: readonly string[] = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
  // Public by its number, but inside Azure it is the machine's own metadata service.
  "168.63.129.16/32",
];

/**
 * All public addresses of IPv6 begin so. Loopback, mapped and translated IPv4, unique local, link
 * local and multicast addresses do not.
 */
const globalUnicastV6 = "2000::/3";

/** What is special inside: protocols such as Teredo, documentation, 6to4. */
const specialV6: readonly string[] = ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"];

/** `allow` are addresses or networks, as the setting has them. */
export function createAddressRules(allow: readonly string[]): AddressRules {
  const allowed = networks(allow);
  const special = networks([...specialV4, ...specialV6]);
  const globalV6 = networks([globalUnicastV6]);
  return {
    judge(address) {
      const family = familyOf(address);
      if (family === undefined) return "forbidden";
      if (allowed.check(address, family)) return "allowed";
      if (special.check(address, family)) return "forbidden";
      return family === "ipv4" || globalV6.check(address, family) ? "public" : "forbidden";
    },
  };
}

/** A scope such as `%eth0` belongs to addresses that are local to a link. */
function familyOf(address: string): "ipv4" | "ipv6" | undefined {
  const version = address.includes("%") ? 0 : isIP(address);
  return version === 0 ? undefined : version === 4 ? "ipv4" : "ipv6";
}

function networks(texts: readonly string[]): BlockList {
  const list = new BlockList();
  for (const text of texts) {
    const [address = "", bits] = text.split("/");
    const family = familyOf(address);
    if (family === undefined) throw new TypeError(`${text} is not a network`);
    list.addSubnet(
      address,
      bits === undefined ? (family === "ipv4" ? 32 : 128) : Number(bits),
      family,
    );
  }
  return list;
}
