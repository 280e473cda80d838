const integerTag = 0x02;
const sequenceTag = 0x30;

/** Writes an ES256 signature, `r` and `s` of 32 bytes each, as ASN.1 DER [RFC 3279 §2.2.3]. */
export function derOf(signature: Uint8Array): Uint8Array {
  const r = integerOf(signature.subarray(0, 32));
  const s = integerOf(signature.subarray(32));
  return Uint8Array.of(sequenceTag, r.length + s.length, ...r, ...s);
}

/** The shortest form: no leading zeros, but one when the first bit would read as a sign. */
function integerOf(bytes: Uint8Array): number[] {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start += 1;
  const sign = (bytes[start] ?? 0) >= 0x80 ? [0] : [];
  return [integerTag, sign.length + bytes.length - start, ...sign, ...bytes.subarray(start)];
}
