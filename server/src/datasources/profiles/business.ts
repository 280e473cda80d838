import type { Profile } from "../provider.ts";

/** Suites, sales, bookkeeping and shops. */
export const business: readonly Profile[] = [
  {
    name: "google",
    title: "Google",
    settings: {
      authorizationUrl: "https://accounts.google.com/o/oauth2/v2/auth",
      accessTokenUrl: "https://oauth2.googleapis.com/token",
      revocationUrl: "https://oauth2.googleapis.com/revoke",
      clientAuthentication: "body",
      allowedHosts: ["*.googleapis.com"],
    },
    authorize: { offline: { parameters: { access_type: "offline", prompt: "consent" } } },
  },
  {
    name: "microsoft",
    title: "Microsoft",
    settings: {
      authorizationUrl: "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/authorize",
      accessTokenUrl: "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",
      clientAuthentication: "body",
      variables: { tenant: "common" },
      sendScopeWithRefresh: true,
      expiryMatchers: [{ status: 401 }, { status: 403, body: "InvalidAuthenticationToken" }],
      baseUrl: "https://graph.microsoft.com",
    },
    authorize: { offline: { scope: "offline_access" } },
  },
  {
    name: "microsoft_admin_consent",
    title: "Microsoft, consent of an administrator",
    settings: {
      authorizationUrl: "https://login.microsoftonline.com/common/adminconsent",
      accessTokenUrl: "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",
      clientAuthentication: "body",
      scopes: ["https://graph.microsoft.com/.default"],
      pkce: "off",
      baseUrl: "https://graph.microsoft.com",
    },
    callback: { hasCode: false, capture: ["tenant"] },
  },
  {
    name: "salesforce",
    title: "Salesforce",
    settings: {
      authorizationUrl: "https://login.salesforce.com/services/oauth2/authorize",
      accessTokenUrl: "https://login.salesforce.com/services/oauth2/token",
      introspectionUrl: "https://login.salesforce.com/services/oauth2/introspect",
      clientAuthentication: "body",
      allowedHosts: ["*.salesforce.com", "*.force.com"],
    },
    authorize: { offline: { scope: "refresh_token" } },
    answer: {
      defaultLifetimeSeconds: 7_200,
      identity: "id",
      apiBase: { path: "instance_url", hosts: ["*.salesforce.com", "*.force.com"] },
    },
  },
  {
    name: "zoom",
    title: "Zoom",
    settings: {
      authorizationUrl: "https://zoom.us/oauth/authorize",
      accessTokenUrl: "https://zoom.us/oauth/token",
      baseUrl: "https://api.zoom.us",
    },
    rotatesRefreshToken: true,
  },
  {
    name: "quickbooks",
    title: "QuickBooks",
    settings: {
      authorizationUrl: "https://appcenter.intuit.com/connect/oauth2",
      accessTokenUrl: "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer",
      baseUrl: "https://quickbooks.api.intuit.com",
    },
    callback: { capture: ["realmId"] },
    rotatesRefreshToken: true,
  },
  {
    name: "xero",
    title: "Xero",
    settings: {
      authorizationUrl: "https://login.xero.com/identity/connect/authorize",
      accessTokenUrl: "https://identity.xero.com/connect/token",
      baseUrl: "https://api.xero.com",
    },
    authorize: { offline: { scope: "offline_access" } },
    rotatesRefreshToken: true,
  },
  {
    name: "shopify",
    title: "Shopify",
    settings: {
      authorizationUrl: "https://{shop}.myshopify.com/admin/oauth/authorize",
      accessTokenUrl: "https://{shop}.myshopify.com/admin/oauth/access_token",
      clientAuthentication: "body",
      scopeSeparator: ",",
      pkce: "off",
    },
    exchange: { parameters: { expiring: "1" } },
  },
  {
    name: "hubspot",
    title: "HubSpot",
    settings: {
      authorizationUrl: "https://app.hubspot.com/oauth/authorize",
      accessTokenUrl: "https://api.hubapi.com/oauth/v1/token",
      clientAuthentication: "body",
      baseUrl: "https://api.hubapi.com",
    },
  },
  {
    name: "bullhorn",
    title: "Bullhorn",
    settings: {
      authorizationUrl: "https://auth-{datacenter}.bullhornstaffing.com/oauth/authorize",
      accessTokenUrl: "https://auth-{datacenter}.bullhornstaffing.com/oauth/token",
      clientAuthentication: "body",
      bodyFormat: "query",
      addAccessTokenTo: "query",
      queryParameterName: "BhRestToken",
      allowedHosts: ["*.bullhornstaffing.com"],
    },
    upgrade: {
      url: "https://rest-{datacenter}.bullhornstaffing.com/rest-services/login",
      clientAuthentication: "none",
      parameters: { version: "*", access_token: "{access_token}" },
      omit: ["client_id"],
      answer: {
        accessToken: "BhRestToken",
        apiBase: { path: "restUrl", hosts: ["*.bullhornstaffing.com"] },
        errorCode: "errorMessageKey",
        errorText: "errorMessage",
        // Said at times of a token that is a moment old, and good a moment later.
        errors: { "errors.authentication.invalidOAuthToken": "provider_failing" },
      },
    },
    rotatesRefreshToken: true,
  },
  {
    name: "stripe_apps",
    title: "Stripe Apps",
    settings: {
      authorizationUrl: "https://marketplace.stripe.com/oauth/v2/authorize",
      accessTokenUrl: "https://api.stripe.com/v1/oauth/token",
      clientAuthentication: "none",
      pkce: "off",
      baseUrl: "https://api.stripe.com",
    },
    exchange: { clientAuthentication: "basic_secret", omit: ["redirect_uri"] },
    refresh: { clientAuthentication: "basic_secret" },
    answer: { defaultLifetimeSeconds: 3_600 },
  },
  {
    name: "mailchimp",
    title: "Mailchimp",
    settings: {
      authorizationUrl: "https://login.mailchimp.com/oauth2/authorize",
      accessTokenUrl: "https://login.mailchimp.com/oauth2/token",
      clientAuthentication: "body",
      pkce: "off",
    },
    refresh: { with: "nothing" },
  },
  {
    name: "zoho",
    title: "Zoho",
    settings: {
      authorizationUrl: "https://accounts.zoho.com/oauth/v2/auth",
      accessTokenUrl: "https://accounts.zoho.com/oauth/v2/token",
      clientAuthentication: "body",
      scopeSeparator: ",",
      headerPrefix: "Zoho-oauthtoken",
      pkce: "off",
    },
    authorize: { offline: { parameters: { access_type: "offline" } } },
    callback: {
      tokenOrigin: {
        parameter: "accounts-server",
        origins: ["com", "eu", "in", "com.au", "jp"].map((end) => `https://accounts.zoho.${end}`),
      },
    },
  },
  {
    name: "jobber",
    title: "Jobber",
    settings: {
      authorizationUrl: "https://api.getjobber.com/api/oauth/authorize",
      accessTokenUrl: "https://api.getjobber.com/api/oauth/token",
      clientAuthentication: "body",
      baseUrl: "https://api.getjobber.com",
    },
    answer: { defaultLifetimeSeconds: 3_600 },
  },
  {
    name: "square",
    title: "Square",
    settings: {
      authorizationUrl: "https://connect.squareup.com/oauth2/authorize",
      accessTokenUrl: "https://connect.squareup.com/oauth2/token",
      clientAuthentication: "json",
      baseUrl: "https://connect.squareup.com",
    },
    authorize: { encoding: "minimal", parameters: { session: "false" } },
  },
  {
    name: "attio",
    title: "Attio",
    settings: {
      authorizationUrl: "https://app.attio.com/authorize",
      accessTokenUrl: "https://app.attio.com/oauth/token",
      clientAuthentication: "body",
      scopeSeparator: "+",
      baseUrl: "https://api.attio.com",
    },
    authorize: { isScopeSeparatorRaw: true },
  },
  {
    name: "halopsa",
    title: "HaloPSA",
    settings: {
      grantType: "client_credentials",
      accessTokenUrl: "https://{subdomain}.halopsa.com/auth/token",
      clientAuthentication: "body",
      expiryMatchers: [{ status: 401 }, { status: 400 }],
    },
  },
  {
    name: "marketo",
    title: "Marketo",
    settings: {
      grantType: "client_credentials",
      accessTokenUrl: "https://{subdomain}.mktorest.com/identity/oauth/token",
      clientAuthentication: "body",
      expiryMatchers: [
        { status: 401 },
        { status: 200, body: '"code":"602"' },
        // As a number it ends with what follows it: 6021 is another code.
        { status: 200, body: '"code":602,' },
        { status: 200, body: '"code":602}' },
      ],
    },
  },
];
