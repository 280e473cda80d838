const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

const invalid = 255;
const sextetOf = new Uint8Array(256).fill(invalid);
for (let sextet = 0; sextet < 64; sextet += 1) sextetOf[alphabet.charCodeAt(sextet)] = sextet;

/**
 * Decodes base64url as a JWS writes it [RFC 7515 §2]: no padding, no whitespace, and exactly one
 * text for any bytes. The decoders of the platforms take more than that, and then two texts are
 * one token. `undefined` when the text is anything else, the empty text included.
 */
export function decodeBase64url(text: string): Uint8Array<ArrayBuffer> | undefined {
  const { length } = text;
  if (length === 0 || length % 4 === 1) return undefined;
  const bytes = new Uint8Array(Math.floor((length * 3) / 4));
  let pending = 0;
  let pendingBits = 0;
  let written = 0;
  for (let index = 0; index < length; index += 1) {
    const sextet = sextetOf[text.charCodeAt(index)] ?? invalid;
    if (sextet === invalid) return undefined;
    pending = ((pending << 6) | sextet) & 0xffff;
    pendingBits += 6;
    if (pendingBits >= 8) {
      pendingBits -= 8;
      bytes[written] = pending >> pendingBits;
      written += 1;
    }
  }
  const unusedBits = pending & ((1 << pendingBits) - 1);
  return unusedBits === 0 ? bytes : undefined;
}
