import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
// @ts-expect-error -- the package ships no types
import { Provider } from "oidc-provider";

/** `oidc-provider`, an independent server, with a person who says yes to everything. */

export interface OidcServer {
  issuer: string;
  stop(): Promise<void>;
}

export async function startOidcProvider(clients: object[]): Promise<OidcServer> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const { port } = server.address() as AddressInfo;
  const issuer = `http://127.0.0.1:${port}`;
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const provider = new Provider(issuer, {
    clients,
    jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), alg: "ES256", use: "sig" }] },
    cookies: { keys: ["a-key-for-the-test"] },
    scopes: ["openid", "offline_access"],
    rotateRefreshToken: true,
    pkce: { required: () => true },
    issueRefreshToken: () => true,
    clientAuthMethods: ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"],
    features: { devInteractions: { enabled: true }, revocation: { enabled: true } },
  });
  server.on("request", provider.callback() as RequestListener);
  return {
    issuer,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** Signs in and says yes, as a browser would; answers where the person is sent in the end. */
export async function sayYes(start: string, until: string): Promise<string> {
  const cookies = new Map<string, string>();
  let url = start;
  let init: RequestInit = {};
  for (let steps = 0; steps < 20; steps += 1) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(url, { ...init, redirect: "manual", headers: { cookie } });
    for (const line of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      cookies.set(name, value);
    }
    const location = response.headers.get("location");
    if (location !== null) {
      url = new URL(location, url).href;
      init = {};
      if (url.startsWith(until)) return url;
      continue;
    }
    const text = await response.text();
    const [, action] = /<form[^>]* action="([^"]+)"/.exec(text) ?? [];
    const [, prompt] = / name="prompt" value="([^"]+)"/.exec(text) ?? [];
    assert.ok(action !== undefined && prompt !== undefined, `${response.status}: ${text}`);
    url = new URL(action, url).href;
    const fields = prompt === "login" ? { prompt, login: "alice", password: "x" } : { prompt };
    init = { method: "POST", body: new URLSearchParams(fields) };
  }
  throw new Error(`the provider never came back to ${until}`);
}
