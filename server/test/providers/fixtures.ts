import { businessFixtures } from "./business-fixtures.ts";
import type { Fixture } from "./fixture.ts";
import { basic, rotated, invalidGrant, secretInBody, json } from "./parts.ts";

/** How each provider behaves: one entry for every profile. */

export const fixtures: Readonly<Record<string, Fixture>> = {
  ...businessFixtures,
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
  atlassian: {
    quirks: ["Q10"],
    doubts: ["scopes"],
    spends: true,
    authorize: { audience: "api.atlassian.com", prompt: "consent" },
    exchange: { wants: { ...json, body: { client_secret: "the-secret" } } },
    refresh: { answer: rotated },
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
  esri: {
    quirks: ["Q46"],
    secretIn: "body",
    use: {
      at: "https://www.arcgis.com/x?f=json",
      becomes: { url: "https://www.arcgis.com/x?f=json&token=at-1" },
    },
    settings: { baseUrl: "https://www.arcgis.com" },
  },
};
