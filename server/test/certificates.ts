import { generateKeyPairSync, randomBytes, sign, type KeyObject } from "node:crypto";
import { isIPv4 } from "node:net";

/**
 * Certificates for the tests, made when they run, so that none can expire: a certification authority
 * and what it vouches for. X.509 in the few forms of DER that it takes.
 */

export interface TestCertificate {
  /** PEM. */
  certificate: string;
  /** PEM. */
  key: string;
}

export interface TestAuthority extends TestCertificate {
  /** For host names and IPv4 addresses. `isExpired`: it ended yesterday. */
  issue(names: readonly string[], options?: { isExpired?: boolean }): TestCertificate;
}

export function createAuthority(name = "Countersign test CA"): TestAuthority {
  const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const days = { fromDay: -2, toDay: 30 };
  const own = { subject: name, issuer: name, publicKey: pair.publicKey, signer: pair.privateKey };
  return {
    certificate: makeCertificate({ ...own, ...days, extensions: [caConstraints()] }),
    key: pem(pair.privateKey),
    issue(names, { isExpired = false } = {}) {
      const leaf = generateKeyPairSync("ec", { namedCurve: "P-256" });
      const certificate = makeCertificate({
        subject: names[0]!,
        issuer: name,
        publicKey: leaf.publicKey,
        signer: pair.privateKey,
        fromDay: -2,
        toDay: isExpired ? -1 : 30,
        extensions: [alternativeNames(names)],
      });
      return { certificate, key: pem(leaf.privateKey) };
    },
  };
}

interface Contents {
  subject: string;
  issuer: string;
  publicKey: KeyObject;
  signer: KeyObject;
  fromDay: number;
  toDay: number;
  extensions: Buffer[];
}

function makeCertificate(contents: Contents): string {
  const algorithm = sequence(objectId("2a8648ce3d040302"));
  const toSign = sequence(
    der(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    algorithm,
    distinguishedName(contents.issuer),
    sequence(time(contents.fromDay), time(contents.toDay)),
    distinguishedName(contents.subject),
    contents.publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(...contents.extensions)),
  );
  const signature = sign("sha256", toSign, contents.signer);
  const whole = sequence(toSign, algorithm, der(0x03, Buffer.from([0]), signature));
  const lines = whole.toString("base64").match(/.{1,64}/g)!;
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

function caConstraints(): Buffer {
  const yes = der(0x01, Buffer.from([0xff]));
  return sequence(objectId("551d13"), yes, der(0x04, sequence(yes)));
}

function alternativeNames(names: readonly string[]): Buffer {
  const entries = names.map((name) =>
    isIPv4(name)
      ? der(0x87, Buffer.from(name.split(".").map(Number)))
      : der(0x82, Buffer.from(name)),
  );
  return sequence(objectId("551d11"), der(0x04, sequence(...entries)));
}

function distinguishedName(name: string): Buffer {
  return sequence(der(0x31, sequence(objectId("550403"), der(0x0c, Buffer.from(name)))));
}

function time(daysFromNow: number): Buffer {
  const moment = new Date(Date.now() + daysFromNow * 86_400_000);
  const digits = moment.toISOString().replace(/[-:T]|\.\d+/g, "");
  return der(0x18, Buffer.from(digits));
}

const objectId = (hex: string): Buffer => der(0x06, Buffer.from(hex, "hex"));
const integer = (bytes: Buffer): Buffer => der(0x02, bytes);

function sequence(...parts: Buffer[]): Buffer {
  return der(0x30, ...parts);
}

function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const size = content.length;
  const length =
    size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

function pem(key: KeyObject): string {
  return key.export({ type: "pkcs8", format: "pem" });
}
