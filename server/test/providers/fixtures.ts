import type { Fixture } from "./fixture.ts";

/** How each provider behaves: one entry for every profile. */

const basic = `Basic ${Buffer.from("the-client:the-secret").toString("base64")}`;
const noLifetime = { body: { access_token: "at-1", refresh_token: "rt-1", token_type: "Bearer" } };
const rotated = { body: { access_token: "at-2", refresh_token: "rt-2", expires_in: 60 } };
const invalidGrant = {
  answer: { status: 400, body: { error: "invalid_grant" } },
  kind: "reconnect_required",
};
const secretInBody = { body: { client_secret: "the-secret" }, authorization: undefined };
const secretAsUser = { authorization: `Basic ${Buffer.from("the-secret:").toString("base64")}` };
const json = { contentType: "application/json" };
const bullhornSession = (count: number) => ({
  BhRestToken: `session-${count}`,
  restUrl: `https://rest${count}.bullhornstaffing.com/rest-services/a1/`,
});

export const fixtures: Readonly<Record<string, Fixture>> = {
  standard: { quirks: [], exchange: { wants: { authorization: basic } }, refused: invalidGrant },
  github: {
    quirks: ["Q1"],
    exchange: {
      wants: secretInBody,
      answer: {
        type: "application/x-www-form-urlencoded",
        body: "access_token=at-1&scope=a%2Cb&token_type=bearer",
      },
      gives: { accessToken: "at-1", scopes: ["a", "b"] },
    },
    refresh: {
      answer: { body: "access_token=at-2&expires_in=28800&refresh_token=rt-2" },
      gives: { refreshToken: "rt-2" },
    },
    refused: {
      answer: { body: "error=incorrect_client_credentials&error_description=x" },
      kind: "config_error",
    },
  },
  slack: {
    quirks: ["Q2", "Q3"],
    spends: true,
    secretIn: "body",
    expired: [{ status: 401, body: "" }, { body: { ok: false, error: "token_expired" } }],
    settings: { customAuthenticationParameters: [{ key: "user_scope", value: "chat:write" }] },
    authorize: { scope: "read,write", user_scope: "chat:write" },
    exchange: {
      answer: {
        body: {
          ok: true,
          access_token: "xoxb",
          token_type: "bot",
          team: { id: "T1" },
          authed_user: { access_token: "xoxp", refresh_token: "xoxe" },
        },
      },
      gives: { accessToken: "xoxb", identity: "T1" },
      slots: { user: "xoxp" },
    },
    refresh: {
      answer: {
        body: { ok: true, access_token: "xoxb-2", refresh_token: "rt-2", expires_in: 43_200 },
      },
      gives: { refreshToken: "rt-2" },
    },
    refused: {
      answer: { body: { ok: false, error: "invalid_refresh_token" } },
      kind: "reconnect_required",
    },
  },
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
  atlassian: {
    quirks: ["Q10"],
    doubts: ["scopes"],
    spends: true,
    authorize: { audience: "api.atlassian.com", prompt: "consent" },
    exchange: { wants: { ...json, body: { client_secret: "the-secret" } } },
    refresh: { answer: rotated },
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
  box: {
    quirks: ["Q13"],
    spends: true,
    refresh: { wants: secretInBody, answer: rotated },
    refused: invalidGrant,
  },
  notion: {
    quirks: ["Q14"],
    authorize: { code_challenge: undefined, owner: "user" },
    exchange: {
      wants: { ...json, authorization: basic },
      answer: { body: { access_token: "at-1", workspace_id: "w-1" } },
      gives: { identity: "w-1", captured: { workspace_id: "w-1" } },
    },
  },
  tiktok: {
    quirks: ["Q15"],
    secretIn: "body",
    authorize: { scope: "read,write", client_key: "the-client", client_id: undefined },
    exchange: {
      wants: { body: { client_key: "the-client" } },
      answer: { body: { access_token: "at-1", expires_in: 60, open_id: "u1" } },
      gives: { identity: "u1" },
    },
    refresh: { wants: { body: { client_key: "the-client" } } },
  },
  tiktok_ads: {
    quirks: ["Q16"],
    authorize: { code_challenge: undefined, app_id: "the-client", response_type: undefined },
    callback: { auth_code: "the-code" },
    exchange: {
      wants: {
        ...json,
        body: {
          app_id: "the-client",
          secret: "the-secret",
          auth_code: "the-code",
          grant_type: undefined,
          redirect_uri: undefined,
        },
      },
      answer: { body: { code: 0, data: { access_token: "at-1" } } },
      gives: { accessToken: "at-1" },
    },
    refresh: "nothing",
    refused: {
      answer: { body: { code: 40_001, message: "no" } },
      kind: "config_error",
      cause: "request_refused",
    },
  },
  facebook: {
    quirks: ["Q17"],
    authorize: { scope: "read,write" },
    secretIn: "body",
    exchange: {
      answer: { type: "text/plain", body: "access_token=at-1&expires=5183999" },
      gives: { accessToken: "at-1" },
    },
    refresh: {
      wants: {
        method: "GET",
        query: {
          grant_type: "fb_exchange_token",
          fb_exchange_token: "at-1",
          refresh_token: undefined,
        },
      },
    },
    refusedCode: {
      answer: { status: 400, body: { error: { code: 100, message: "used" } } },
      kind: "reconnect_required",
    },
    refused: {
      answer: { status: 400, body: { error: { code: 190, message: "expired" } } },
      kind: "reconnect_required",
    },
  },
  instagram: {
    quirks: ["Q18"],
    authorize: { scope: "read,write", code_challenge: undefined },
    secretIn: "body",
    upgrade: {
      wants: {
        method: "GET",
        query: {
          grant_type: "ig_exchange_token",
          access_token: "at-1",
          client_secret: "the-secret",
        },
      },
    },
    refresh: {
      wants: {
        method: "GET",
        url: "https://graph.instagram.com/refresh_access_token",
        query: {
          grant_type: "ig_refresh_token",
          access_token: "at-1",
          client_id: undefined,
          client_secret: undefined,
          refresh_token: undefined,
        },
      },
    },
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
  x: {
    quirks: ["Q22"],
    spends: true,
    doubts: ["scopes"],
    exchange: { wants: { authorization: basic, body: { code_verifier: "v".repeat(43) } } },
  },
  linkedin: {
    quirks: ["Q23"],
    secretIn: "body",
    authorize: { code_challenge: undefined },
    exchange: {
      answer: { body: { access_token: "at-1", expires_in: 5_184_000 } },
      gives: { accessToken: "at-1" },
    },
  },
  amazon_sp_api: {
    quirks: ["Q24"],
    secretIn: "body",
    authorize: { code_challenge: undefined, application_id: "the-client" },
    callback: { spapi_oauth_code: "the-code", selling_partner_id: "s-1" },
    captures: { selling_partner_id: "s-1" },
  },
  sentry: {
    quirks: ["Q25"],
    authorize: { code_challenge: undefined },
    exchange: {
      wants: secretInBody,
      answer: {
        status: 201,
        body: { token: "at-1", refreshToken: "rt-1", expiresAt: "2027-01-15T09:00:00.000Z" },
      },
      gives: {
        accessToken: "at-1",
        refreshToken: "rt-1",
        expiresAtMs: Date.parse("2027-01-15T09:00:00Z"),
      },
    },
  },
  figma: {
    quirks: ["Q26"],
    authorize: { scope: "read,write" },
    exchange: { wants: { ...json, query: { redirect_uri: "https://cs.example/callback" } } },
    refresh: {
      wants: { url: "https://api.figma.com/v1/oauth/refresh" },
      answer: { body: { access_token: "at-2", expires_in: 60 } },
      gives: { refreshToken: "rt-1" },
    },
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
  fitbit: {
    quirks: ["Q29"],
    spends: true,
    exchange: {
      answer: { body: { access_token: "at-1", refresh_token: "rt-1", user_id: "u1" } },
      gives: { identity: "u1" },
    },
    refused: {
      answer: {
        status: 400,
        body: { success: false, errors: [{ errorType: "invalid_grant", message: "x" }] },
      },
      kind: "reconnect_required",
    },
  },
  stack_exchange: {
    quirks: ["Q30"],
    authorize: { scope: "read,write" },
    settings: { baseUrl: "https://api.stackexchange.com" },
    use: {
      at: "https://api.stackexchange.com/x",
      becomes: { url: "https://api.stackexchange.com/x?access_token=at-1" },
    },
    exchange: {
      wants: secretInBody,
      answer: { type: "text/plain", body: '{"access_token":"at-1","expires":86400}' },
      gives: { accessToken: "at-1" },
    },
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
  monday: {
    quirks: ["Q38"],
    secretIn: "body",
    authorize: { code_challenge: undefined, response_type: undefined },
    refresh: "nothing",
  },
  basecamp: {
    quirks: ["Q40"],
    secretIn: "body",
    authorize: { code_challenge: undefined, type: "web_server" },
    exchange: { wants: { body: { type: "web_server", grant_type: undefined } } },
    refresh: { wants: { body: { type: "refresh", grant_type: undefined } } },
  },
  zendesk: {
    quirks: ["Q41"],
    settings: { variables: { subdomain: "cheese" } },
    refresh: { wants: { body: { expires_in: "172800" } } },
    exchange: { wants: { ...json, body: { expires_in: "172800" } } },
  },
  dropbox: { quirks: ["Q42"], authorize: { token_access_type: "offline" } },
  reddit: { quirks: ["Q42"], authorize: { duration: "permanent" } },
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
  esri: {
    quirks: ["Q46"],
    secretIn: "body",
    use: {
      at: "https://www.arcgis.com/x?f=json",
      becomes: { url: "https://www.arcgis.com/x?f=json&token=at-1" },
    },
    settings: { baseUrl: "https://www.arcgis.com" },
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
