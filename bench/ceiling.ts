import {
  createPublicKey,
  generateKeyPairSync,
  hash,
  randomUUID,
  sign,
  timingSafeEqual,
} from "node:crypto";
import type { RequestListener, ServerResponse } from "node:http";
import { derToFixed } from "../server/src/keys/ecdsa-signature.ts";
import { serve } from "./servers/served.ts";
import type { TokenServerSetup } from "./servers/token-server.ts";

/**
 * The ceiling: the least that a server must do for a token. It parses the form, digests the secret,
 * compares in constant time and signs a token of the same claims, on the bare HTTP server, as fast
 * as we know how: one request after the other or, as Countersign does, all that have arrived in one
 * turn of the event loop together. No rules, limits, counters, store or refusals with a reason.
 */
serve((setup: TokenServerSetup): RequestListener => {
  const { keySet, issue } = createIssuing(setup);
  const answer = setup.inTurns ? answerInTurns(issue) : answerAtOnce(issue);
  return (request, response) => {
    if (request.url === "/jwks") return void response.end(keySet);
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const form = chunks.length === 1 ? chunks[0]!.toString() : String(Buffer.concat(chunks));
      answer(form, response);
    });
  };
});

/** From a form to the body of an answer; `undefined` for whoever gets no token. */
type Issue = (form: string) => string | undefined;
type Answer = (form: string, response: ServerResponse) => void;

const answerAtOnce =
  (issue: Issue): Answer =>
  (form, response) =>
    write(response, issue(form));

function answerInTurns(issue: Issue): Answer {
  let waiting: { form: string; response: ServerResponse }[] = [];
  function answerAll(): void {
    const all = waiting;
    waiting = [];
    const bodies = all.map(({ form }) => issue(form));
    all.forEach(({ response }, index) => write(response, bodies[index]));
  }
  return (form, response) => {
    if (waiting.length === 0) setImmediate(answerAll);
    waiting.push({ form, response });
  };
}

function write(response: ServerResponse, body: string | undefined): void {
  response.writeHead(body === undefined ? 401 : 200, {
    "content-type": "application/json",
    "cache-control": "no-store",
    "content-length": body?.length ?? 0,
  });
  response.end(body);
}

function createIssuing(setup: TokenServerSetup): { keySet: string; issue: Issue } {
  const { clients, claims: extra, issuer, audience, lifetimeSeconds } = setup;
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const keyId = randomUUID();
  const jwk = createPublicKey(privateKey).export({ format: "jwk" });
  const header = encode({ alg: "ES256", typ: "at+jwt", kid: keyId });
  const digests = new Map(
    clients.map(({ clientId, secretDigest }) => [clientId, Buffer.from(secretDigest, "base64url")]),
  );

  function issue(form: string): string | undefined {
    const parameters = parse(form);
    const clientId = parameters.get("client_id") ?? "";
    const digest = digests.get(clientId);
    const presented = hash("sha256", parameters.get("client_secret") ?? "", "buffer");
    const isRight = digest !== undefined && timingSafeEqual(presented, digest);
    if (!isRight || parameters.get("grant_type") !== "client_credentials") return undefined;
    const issuedAt = Math.floor(Date.now() / 1000);
    const claims = {
      iss: issuer,
      sub: clientId,
      aud: audience,
      exp: issuedAt + lifetimeSeconds,
      iat: issuedAt,
      jti: randomUUID(),
      client_id: clientId,
      ...extra,
    };
    const signingInput = `${header}.${encode(claims)}`;
    const signature = derToFixed(sign("sha256", Buffer.from(signingInput), privateKey));
    return JSON.stringify({
      access_token: `${signingInput}.${signature.toString("base64url")}`,
      token_type: "Bearer",
      expires_in: lifetimeSeconds,
      scope: extra.scope,
    });
  }
  const key = { ...jwk, kid: keyId, alg: "ES256", use: "sig" };
  return { keySet: JSON.stringify({ keys: [key] }), issue };
}

function parse(form: string): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const pair of form.split("&")) {
    const equals = pair.indexOf("=");
    parameters.set(decode(pair.slice(0, equals)), decode(pair.slice(equals + 1)));
  }
  return parameters;
}

function decode(text: string): string {
  return /[%+]/.test(text) ? decodeURIComponent(text.replaceAll("+", " ")) : text;
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
