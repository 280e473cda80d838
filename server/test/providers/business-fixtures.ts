import { createHmac, generateKeyPairSync } from "node:crypto";
import type { Fixture } from "./fixture.ts";
import { noLifetime, rotated, invalidGrant, secretInBody, secretAsUser, json } from "./parts.ts";

/** Suites, sales, bookkeeping and shops. */

const privateKey = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({
  type: "pkcs8",
  format: "pem",
});
const revolutAssertion = { iss: "cs.example", aud: "https://revolut.com" };
/** At the time of the tests. */
const shoplineHeaders = (body: string) => {
  const timestamp = "1800000000000";
  const sign = createHmac("sha256", "the-secret").update(body + timestamp);
  return {
    "content-type": "application/json",
    appkey: "the-client",
    timestamp,
    sign: sign.digest("hex"),
  };
};
const shoplineAnswer = (accessToken: string) => ({
  code: 200,
  i18nCode: "SUCCESS",
  message: null,
  data: { accessToken, expireTime: "2027-01-15T18:00:00.000+0000", scope: "read,write" },
  traceId: "t-1",
});
const bullhornSession = (count: number) => ({
  BhRestToken: `session-${count}`,
  restUrl: `https://rest${count}.bullhornstaffing.com/rest-services/a1/`,
});

export const businessFixtures: Readonly<Record<string, Fixture>> = {
  salesforce: {
    quirks: ["Q4"],
    doubts: ["scopes"],
    secretIn: "body",
    exchange: {
      answer: { body: { ...noLifetime.body, instance_url: "https://my.salesforce.com", id: "u1" } },
      gives: {
        apiBaseUrl: "https://my.salesforce.com/",
        lifetimeSource: "default",
        identity: "u1",
      },
    },
    refused: invalidGrant,
  },
  google: {
    quirks: ["Q5"],
    secretIn: "body",
    authorize: { access_type: "offline", prompt: "consent" },
    refresh: {
      answer: { body: { access_token: "at-2", expires_in: 3599, token_type: "Bearer" } },
      gives: { refreshToken: "rt-1", hasNewRefreshToken: false },
    },
  },
  microsoft: {
    quirks: ["Q6", "Q7"],
    doubts: ["scopes"],
    secretIn: "body",
    fresh: [
      { status: 403, body: "Forbidden" },
      { status: 404, body: "InvalidAuthenticationToken" },
    ],
    expired: [
      { status: 401, body: "" },
      { status: 403, body: { error: { code: "InvalidAuthenticationToken" } } },
    ],
    refresh: { wants: { body: { scope: "read write" } } },
    refused: {
      answer: { status: 400, body: { error: "interaction_required" } },
      kind: "reconnect_required",
    },
  },
  microsoft_admin_consent: {
    quirks: ["Q8"],
    authorize: { code_challenge: undefined },
    secretIn: "body",
    callback: { tenant: "t-1", admin_consent: "True" },
    exchange: {
      wants: {
        url: "https://login.microsoftonline.com/t-1/oauth2/v2.0/token",
        body: { grant_type: "client_credentials" },
      },
      gives: { refreshToken: undefined },
    },
    refresh: {
      wants: { body: { grant_type: "client_credentials" } },
      gives: { refreshToken: undefined },
    },
  },
  zoom: {
    quirks: ["Q9"],
    spends: true,
    refresh: { answer: rotated, gives: { refreshToken: "rt-2", hasNewRefreshToken: true } },
  },
  quickbooks: {
    quirks: ["Q11"],
    spends: true,
    callback: { code: "the-code", realmId: "42" },
    captures: { realmId: "42" },
    exchange: {
      answer: {
        body: { ...noLifetime.body, expires_in: 3600, x_refresh_token_expires_in: 8_726_400 },
      },
      gives: { refreshTokenExpiresAtMs: 1_808_726_400_000 },
    },
  },
  xero: {
    quirks: ["Q12"],
    spends: true,
    doubts: ["scopes"],
    refresh: { answer: rotated },
    refused: invalidGrant,
  },
  bullhorn: {
    quirks: ["Q35"],
    spends: true,
    settings: { variables: { datacenter: "west" } },
    exchange: {
      wants: {
        query: { grant_type: "authorization_code", code: "the-code", client_secret: "the-secret" },
        authorization: undefined,
      },
    },
    upgrade: {
      wants: {
        url: "https://rest-west.bullhornstaffing.com/rest-services/login",
        query: {
          version: "*",
          access_token: "at-1",
          client_id: undefined,
          client_secret: undefined,
        },
      },
      answer: { body: bullhornSession(1) },
      gives: {
        accessToken: "session-1",
        refreshToken: "rt-1",
        expiresAtMs: undefined,
        apiBaseUrl: "https://rest1.bullhornstaffing.com/rest-services/a1/",
      },
    },
    refresh: { wants: { query: { grant_type: "refresh_token" } }, answer: rotated },
    upgradeAgain: {
      wants: { query: { access_token: "at-2" } },
      answer: { body: bullhornSession(2) },
      gives: {
        accessToken: "session-2",
        refreshToken: "rt-2",
        apiBaseUrl: "https://rest2.bullhornstaffing.com/rest-services/a1/",
      },
    },
    refusedUpgrade: {
      answer: {
        status: 400,
        body: {
          errorMessage: "Invalid or expired OAuth access token.",
          errorMessageKey: "errors.authentication.invalidOAuthToken",
          errorCode: 400,
        },
      },
      kind: "provider_transient",
      text: "Invalid or expired OAuth access token.",
    },
    use: {
      at: "https://rest1.bullhornstaffing.com/rest-services/a1/ping",
      becomes: {
        url: "https://rest1.bullhornstaffing.com/rest-services/a1/ping?BhRestToken=at-1",
      },
    },
  },
  shopify: {
    quirks: ["Q19"],
    authorize: { scope: "read,write", code_challenge: undefined },
    secretIn: "body",
    settings: { variables: { shop: "cheese" } },
    exchange: {
      wants: {
        url: "https://cheese.myshopify.com/admin/oauth/access_token",
        body: { expiring: "1" },
      },
      answer: { body: { access_token: "at-1", scope: "a,b" } },
      gives: { expiresAtMs: undefined },
    },
  },
  shopline: {
    quirks: ["Q36"],
    settings: { variables: { handle: "cheese" } },
    authorizeHas: "https://cheese.myshopline.com/admin/oauth-web/#/oauth/authorize?",
    authorize: {
      appKey: "the-client",
      responseType: "code",
      redirectUri: "https://cs.example/callback",
      scope: "read,write",
      client_id: undefined,
      state: undefined,
      code_challenge: undefined,
    },
    stateName: "customField",
    exchange: {
      wants: {
        url: "https://cheese.myshopline.com/admin/oauth/token/create",
        authorization: undefined,
        headers: shoplineHeaders('{"code":"the-code"}'),
        body: { code: "the-code", client_id: undefined, client_secret: undefined },
      },
      answer: { body: shoplineAnswer("at-1") },
      gives: { accessToken: "at-1", expiresAtMs: Date.parse("2027-01-15T18:00:00Z") },
    },
    refresh: {
      wants: {
        url: "https://cheese.myshopline.com/admin/oauth/token/refresh",
        headers: { ...shoplineHeaders(""), "content-length": "0" },
      },
      answer: { body: shoplineAnswer("at-2") },
      gives: { accessToken: "at-2" },
    },
    refused: {
      answer: { body: { code: 500, i18nCode: "REQUEST_FREQUENTLY", data: null } },
      kind: "rate_limited",
    },
  },
  hubspot: {
    quirks: ["Q20"],
    exchange: {
      wants: secretInBody,
      answer: {
        body: { access_token: "t".repeat(4_000), refresh_token: "rt-1", expires_in: 1800 },
      },
      gives: { accessToken: "t".repeat(4_000) },
    },
  },
  stripe_apps: {
    quirks: ["Q21"],
    authorize: { code_challenge: undefined },
    exchange: {
      wants: { ...secretAsUser, body: { redirect_uri: undefined } },
      answer: noLifetime,
      gives: { lifetimeSource: "default" },
    },
    refresh: { wants: secretAsUser },
  },
  revolut: {
    quirks: ["Q45"],
    settings: { privateKey },
    exchange: {
      wants: { authorization: undefined, body: { client_secret: undefined } },
      assertion: { ...revolutAssertion, sub: "the-client" },
    },
    refresh: {
      assertion: revolutAssertion,
      answer: { body: { access_token: "at-2", token_type: "bearer", expires_in: 2399 } },
      gives: { refreshToken: "rt-1" },
    },
    refused: invalidGrant,
  },
  mailchimp: {
    quirks: ["Q28"],
    authorize: { code_challenge: undefined },
    secretIn: "body",
    exchange: {
      answer: { body: { access_token: "at-1", expires_in: 0, scope: null } },
      gives: { expiresAtMs: undefined },
    },
    refresh: "nothing",
  },
  zoho: {
    quirks: ["Q31"],
    authorize: { access_type: "offline", scope: "read,write", code_challenge: undefined },
    secretIn: "body",
    use: {
      at: "https://www.zohoapis.eu/x",
      becomes: { url: "https://www.zohoapis.eu/x", authorization: "Zoho-oauthtoken at-1" },
    },
    settings: { allowedHosts: ["www.zohoapis.eu"] },
    callback: { code: "the-code", "accounts-server": "https://accounts.zoho.eu" },
    exchange: { wants: { url: "https://accounts.zoho.eu/oauth/v2/token" } },
    refresh: {
      wants: { url: "https://accounts.zoho.eu/oauth/v2/token" },
      answer: { body: { access_token: "at-2", expires_in: 3600 } },
      gives: { refreshToken: "rt-1" },
    },
  },
  jobber: {
    quirks: ["Q32"],
    secretIn: "body",
    exchange: { answer: noLifetime, gives: { expiresAtMs: 1_800_003_600_000 } },
  },
  attio: {
    quirks: ["Q43"],
    secretIn: "body",
    authorizeHas: "scope=read+write&",
    authorize: { scope: "read write" },
  },
  square: {
    quirks: ["Q44"],
    authorizeHas: "redirect_uri=https://cs.example/callback&",
    exchange: { wants: json },
    authorize: { session: "false" },
  },
  marketo: {
    quirks: ["Q48"],
    secretIn: "body",
    settings: { variables: { subdomain: "cheese" } },
    fresh: [
      { body: { success: false, errors: [{ code: "606" }] } },
      { body: { success: false, errors: [{ code: 6021 }] } },
      { status: 404, body: { errors: [{ code: "602" }] } },
      { status: 404, body: { errors: [{ code: 602 }] } },
      { status: 404, body: { errors: [{ code: 602, message: "expired" }] } },
    ],
    expired: [
      { status: 401, body: "" },
      { body: '{"success":false,"errors":[{"code":"602"}]}' },
      { body: { success: false, errors: [{ code: "602" }] } },
      { body: '{"success":false,"errors":[{"code":602,"message":"expired"}]}' },
      { body: { success: false, errors: [{ message: "expired", code: 602 }] } },
    ],
    exchange: { gives: { refreshToken: undefined } },
    refresh: { gives: { refreshToken: undefined } },
  },
  halopsa: {
    quirks: ["Q49", "Q50"],
    settings: { variables: { subdomain: "cheese" } },
    expired: [
      { status: 401, body: "" },
      { status: 400, body: "" },
    ],
    exchange: { wants: secretInBody, gives: { refreshToken: undefined } },
    refresh: { gives: { refreshToken: undefined } },
  },
};
