import type { Profile } from "../provider.ts";

/** Providers for those who build: code, issues, documents, sites. */
export const developerTools: readonly Profile[] = [
  {
    name: "github",
    title: "GitHub",
    settings: {
      authorizationUrl: "https://github.com/login/oauth/authorize",
      accessTokenUrl: "https://github.com/login/oauth/access_token",
      clientAuthentication: "body",
      baseUrl: "https://api.github.com",
    },
    notes: ["Tokens of OAuth apps do not expire; those of GitHub apps do."],
  },
  {
    name: "slack",
    title: "Slack",
    settings: {
      authorizationUrl: "https://slack.com/oauth/v2/authorize",
      accessTokenUrl: "https://slack.com/api/oauth.v2.access",
      clientAuthentication: "body",
      scopeSeparator: ",",
      baseUrl: "https://slack.com/api",
      expiryMatchers: [{ status: 401 }, { body: '"error":"token_expired"' }],
    },
    answer: {
      success: { path: "ok", values: [true] },
      slots: { user: "authed_user" },
      identity: "team.id",
    },
    rotatesRefreshToken: true,
  },
  {
    name: "atlassian",
    title: "Atlassian",
    settings: {
      authorizationUrl: "https://auth.atlassian.com/authorize",
      accessTokenUrl: "https://auth.atlassian.com/oauth/token",
      clientAuthentication: "json",
      baseUrl: "https://api.atlassian.com",
    },
    authorize: {
      offline: { scope: "offline_access" },
      parameters: { audience: "api.atlassian.com", prompt: "consent" },
    },
    rotatesRefreshToken: true,
  },
  {
    name: "notion",
    title: "Notion",
    settings: {
      authorizationUrl: "https://api.notion.com/v1/oauth/authorize",
      accessTokenUrl: "https://api.notion.com/v1/oauth/token",
      bodyFormat: "json",
      pkce: "off",
      baseUrl: "https://api.notion.com",
    },
    authorize: { parameters: { owner: "user" } },
    answer: { identity: "workspace_id", capture: { workspace_id: "workspace_id" } },
  },
  {
    name: "figma",
    title: "Figma",
    settings: {
      authorizationUrl: "https://www.figma.com/oauth",
      accessTokenUrl: "https://api.figma.com/v1/oauth/token",
      refreshUrl: "https://api.figma.com/v1/oauth/refresh",
      bodyFormat: "json",
      scopeSeparator: ",",
      baseUrl: "https://api.figma.com",
    },
    exchange: { inQuery: ["redirect_uri"] },
  },
  {
    name: "sentry",
    title: "Sentry",
    settings: {
      authorizationUrl: "https://sentry.io/oauth/authorize/",
      accessTokenUrl: "https://sentry.io/oauth/token/",
      clientAuthentication: "body",
      pkce: "off",
      baseUrl: "https://sentry.io/api/0",
    },
  },
  {
    name: "monday",
    title: "monday.com",
    settings: {
      authorizationUrl: "https://auth.monday.com/oauth2/authorize",
      accessTokenUrl: "https://auth.monday.com/oauth2/token",
      clientAuthentication: "body",
      pkce: "off",
      baseUrl: "https://api.monday.com",
    },
    authorize: { omit: ["response_type"] },
    refresh: { with: "nothing" },
  },
  {
    name: "basecamp",
    title: "Basecamp",
    settings: {
      authorizationUrl: "https://launchpad.37signals.com/authorization/new",
      accessTokenUrl: "https://launchpad.37signals.com/authorization/token",
      clientAuthentication: "body",
      pkce: "off",
    },
    authorize: { parameters: { type: "web_server" } },
    exchange: { parameters: { type: "web_server" }, omit: ["grant_type"] },
    refresh: { parameters: { type: "refresh" }, omit: ["grant_type"] },
  },
  {
    name: "zendesk",
    title: "Zendesk",
    settings: {
      authorizationUrl: "https://{subdomain}.zendesk.com/oauth/authorizations/new",
      accessTokenUrl: "https://{subdomain}.zendesk.com/oauth/tokens",
      clientAuthentication: "json",
    },
    exchange: { parameters: { expires_in: "172800" } },
    refresh: { parameters: { expires_in: "172800" } },
  },
  {
    name: "stack_exchange",
    title: "Stack Exchange",
    settings: {
      authorizationUrl: "https://stackoverflow.com/oauth",
      accessTokenUrl: "https://stackoverflow.com/oauth/access_token/json",
      clientAuthentication: "body",
      scopeSeparator: ",",
      addAccessTokenTo: "query",
    },
  },
  {
    name: "dropbox",
    title: "Dropbox",
    settings: {
      authorizationUrl: "https://www.dropbox.com/oauth2/authorize",
      accessTokenUrl: "https://api.dropboxapi.com/oauth2/token",
      allowedHosts: ["api.dropboxapi.com", "content.dropboxapi.com"],
    },
    authorize: { offline: { parameters: { token_access_type: "offline" } } },
  },
  {
    name: "box",
    title: "Box",
    settings: {
      authorizationUrl: "https://account.box.com/api/oauth2/authorize",
      accessTokenUrl: "https://api.box.com/oauth2/token",
      clientAuthentication: "body",
      baseUrl: "https://api.box.com",
    },
    rotatesRefreshToken: true,
  },
];
