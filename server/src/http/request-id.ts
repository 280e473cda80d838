import { randomCharacters, type System } from "../system.ts";

/** Reference ids: unique, cheap to make, and without meaning to a stranger. */
export function createRequestIds(system: System): () => string {
  const process = randomCharacters(system, "0123456789abcdefghijklmnopqrstuvwxyz", 10);
  let count = 0;
  return () => {
    count += 1;
    return `req_${process}${count.toString(36)}`;
  };
}
