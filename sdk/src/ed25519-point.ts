/**
 * The y-coordinates of the points of small order on edwards25519, and the two that are the same as
 * 0 and 1 modulo the prime, little-endian. Under such a key one signature fits many messages, so
 * anybody could forge one [RFC 8725 §3.4, RFC 8032 §5.1.7].
 */
const smallOrderCoordinates = [
  "00".repeat(32),
  `01${"00".repeat(31)}`,
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  `ec${"ff".repeat(30)}7f`,
  `ed${"ff".repeat(30)}7f`,
  `ee${"ff".repeat(30)}7f`,
];

/** The highest bit is the sign of x and does not matter here. */
export function hasSmallOrder(point: Uint8Array): boolean {
  const hexadecimal = Array.from(point, (byte, index) =>
    (index === point.length - 1 ? byte & 0x7f : byte).toString(16).padStart(2, "0"),
  ).join("");
  return smallOrderCoordinates.includes(hexadecimal);
}
