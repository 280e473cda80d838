import assert from "node:assert/strict";
import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import type { PageAnswer, Visitor } from "./visitor.ts";

/**
 * An authenticator with one passkey, as a program: it can also do what real ones and browsers never do,
 * such as answer for another site, count backwards or leave out who was there.
 */

export interface Authenticator {
  /** Answers the form of a page that asks for a new passkey, or for this one. */
  answer(page: PageAnswer, action: string, own?: Deviation): Record<string, string>;
}

export interface Deviation {
  origin?: string;
  rpId?: string;
  /** What the counter says; by default one more than the last time. */
  count?: number;
  /** Whether a finger, a face or a PIN was checked. */
  isVerified?: boolean;
}

export function createAuthenticator(origin: string): Authenticator {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { x = "", y = "" } = publicKey.export({ format: "jwk" });
  const credentialId = randomBytes(16);
  const id = credentialId.toString("base64url");
  const coseKey = Buffer.concat([
    Buffer.from("a5010203262001215820", "hex"),
    Buffer.from(x, "base64url"),
    Buffer.from("225820", "hex"),
    Buffer.from(y, "base64url"),
  ]);
  let counter = 0;

  function dataOf(isNew: boolean, own: Deviation): Buffer {
    counter = own.count ?? counter + 1;
    const rpId = own.rpId ?? new URL(origin).hostname;
    const flags = 0x01 | (own.isVerified === false ? 0 : 0x04) | (isNew ? 0x40 : 0);
    const head = Buffer.alloc(5);
    head.writeUInt8(flags);
    head.writeUInt32BE(counter, 1);
    const length = Buffer.from([0, credentialId.length]);
    const attested = isNew ? [Buffer.alloc(16), length, credentialId, coseKey] : [];
    return Buffer.concat([sha256(rpId), head, ...attested]);
  }

  function responseOf(isNew: boolean, challenge: string, own: Deviation): object {
    const type = isNew ? "webauthn.create" : "webauthn.get";
    const client = JSON.stringify({ type, challenge, origin: own.origin ?? origin });
    const data = dataOf(isNew, own);
    const clientDataJSON = text64(Buffer.from(client));
    if (isNew) return { clientDataJSON, attestationObject: text64(unattested(data)) };
    const signature = sign("sha256", Buffer.concat([data, sha256(client)]), privateKey);
    return { clientDataJSON, authenticatorData: text64(data), signature: text64(signature) };
  }

  return {
    answer(page, action, own = {}) {
      const { options, fields } = passkeyFormOf(page, action);
      const isNew = options.rp !== undefined;
      const response = responseOf(isNew, options.challenge, own);
      const answer = { id, rawId: id, type: "public-key", clientExtensionResults: {}, response };
      return { ...fields, answer: JSON.stringify(answer) };
    },
  };
}

/** Makes a passkey for who is signed in. */
export async function enrolPasskey(visitor: Visitor, passkey: Authenticator): Promise<PageAnswer> {
  const page = await visitor.get("/account/factors");
  const path = "/account/factors/passkey";
  return visitor.post(path, passkey.answer(page, path, { count: 0 }));
}

interface Options {
  challenge: string;
  rp?: object;
  allowCredentials?: { id: string }[];
}

/** What the script of a page would see. */
export function passkeyFormOf(
  { text }: PageAnswer,
  action: string,
): { options: Options; fields: Record<string, string> } {
  const forms = [...text.matchAll(/<form[^>]*? action="([^"]+)"[^>]*>.*?<\/form>/gs)];
  const [form] = forms.find(([, target]) => target === action) ?? [];
  assert.ok(form !== undefined, `no form to ${action}`);
  const [, options = ""] = / data-options="([^"]+)"/.exec(form) ?? [];
  const hidden = form.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)"/g);
  const fields = Object.fromEntries([...hidden].map(([, name, value]) => [name!, value!]));
  return { options: JSON.parse(options.replaceAll("&quot;", '"')) as Options, fields };
}

const sha256 = (data: string | Buffer): Buffer => createHash("sha256").update(data).digest();

const text64 = (data: Buffer): string => data.toString("base64url");

/** CBOR: `fmt` is `none`, and so is the statement. */
function unattested(data: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(data.length);
  return Buffer.concat([
    Buffer.from("a363666d74646e6f6e656761747453746d74a068617574684461746159", "hex"),
    length,
    data,
  ]);
}
