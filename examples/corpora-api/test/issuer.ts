import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import { exportJWK, generateKeyPair, SignJWT } from "jose";

/** A real issuer of tokens on this machine: its metadata, its key set, and its signature. */
export interface Issuer {
  url: string;
  /** A token as Countersign would sign it, for one tenant. */
  token(rights: Rights): Promise<string>;
}

export interface Rights {
  tenant?: string;
  /** Account-wide permissions, with spaces between them. */
  scope?: string;
  /** Permissions on one corpus each. */
  corpora?: Record<string, string[]>;
  /** Whatever a test wants to be otherwise. */
  claims?: Record<string, unknown>;
}

const { privateKey, publicKey } = await generateKeyPair("ES256");
const jwk = { ...(await exportJWK(publicKey)), kid: "key-1", alg: "ES256", use: "sig" };

export const audience = "https://api.example";

export async function startIssuer(test: TestContext): Promise<Issuer> {
  const server = createServer((request, response) => {
    if (request.url === "/oauth2/jwks") return answerJson(response, { keys: [jwk] });
    answerJson(response, { issuer: url, jwks_uri: `${url}/oauth2/jwks` });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  test.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, token: (rights) => signToken(url, rights) };
}

function signToken(issuer: string, rights: Rights): Promise<string> {
  const { tenant = "ten_1", scope, corpora = {}, claims = {} } = rights;
  const details = Object.entries(corpora).map(([identifier, actions]) => ({
    type: "corpus",
    identifier,
    actions,
  }));
  const nowSeconds = Math.floor(Date.now() / 1000);
  const payload = {
    iss: issuer,
    sub: "app_1",
    aud: audience,
    iat: nowSeconds,
    exp: nowSeconds + 1800,
    jti: "tok_1",
    client_id: "app_1",
    tenant,
    pos: 1,
    cred: "crd_1",
    ...(scope === undefined ? {} : { scope }),
    ...(details.length === 0 ? {} : { authorization_details: details }),
    ...claims,
  };
  const header = { alg: "ES256", kid: "key-1", typ: "at+jwt" };
  return new SignJWT(payload).setProtectedHeader(header).sign(privateKey);
}

function answerJson(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}
