/**
 * Verifies an export of the audit log, offline but for the key set.
 *
 *   node tools/verify-audit.ts export.ndjson --jwks https://auth.example.com/oauth2/jwks
 *   node tools/verify-audit.ts export.ndjson --jwks jwks.json --earlier january.ndjson
 *
 * Ends with 0 when every event is as it was sealed and none is missing, with 1 when not, and with 2 when
 * it could not look.
 */
import { createReadStream, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { Jwk } from "../protocol/src/audit-head.ts";
import { endOfEarlierExport, verifyAuditExport } from "../protocol/src/audit-verification.ts";
import { linesOf } from "../protocol/src/text-lines.ts";

try {
  process.exitCode = await main();
} catch (error) {
  warn(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { jwks: { type: "string" }, earlier: { type: "string" } },
    allowPositionals: true,
  });
  const [file] = positionals;
  if (file === undefined || values.jwks === undefined) {
    throw new Error("Usage: node tools/verify-audit.ts export.ndjson --jwks <url or file>");
  }
  const keys = await readKeys(values.jwks);
  const earlier = values.earlier === undefined ? undefined : headOf(values.earlier);
  const lines = linesOf(createReadStream(file));
  const { problems, events, head, keyId } = await verifyAuditExport(lines, keys, { earlier });
  for (const { message } of problems) warn(message);
  if (problems.length > 0 || head === undefined) {
    warn(`NOT VERIFIED: ${file}`);
    return 1;
  }
  const signedAt = new Date(head.iat * 1000).toISOString();
  const removed = head.begins_after.sequence;
  say(`verified: ${events} events, numbers ${removed + 1} to ${head.sequence}`);
  say(`signed by ${head.iss} with key ${keyId} at ${signedAt}, account ${head.tenant}`);
  if (removed > 0) say(`events 1 to ${removed} were removed by retention`);
  return 0;
}

function say(line: string): void {
  console.log(shown(line));
}

function warn(line: string): void {
  console.error(shown(line));
}

/**
 * A file that was tampered with has what somebody else wrote in it: nothing of that may move the cursor,
 * delete what stands there, or turn the reading around, and so hide that it was found.
 */
function shown(line: string): string {
  return line.replace(
    /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu,
    (one) => `\\u{${one.codePointAt(0)!.toString(16)}}`,
  );
}

async function readKeys(source: string): Promise<Jwk[]> {
  const text = /^https?:/.test(source)
    ? await (await fetch(source)).text()
    : readFileSync(source, "utf8");
  return (JSON.parse(text) as { keys: Jwk[] }).keys;
}

/** Where an earlier export ended. Who trusts that file need not have the key of those days. */
function headOf(file: string): { sequence: number; hash: string } {
  const head = endOfEarlierExport(readFileSync(file, "utf8"));
  if (head === undefined) throw new Error(`There is no head at the end of ${file}.`);
  return head;
}
