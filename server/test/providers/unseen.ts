const otherRegion = "The fixture's callback names one region; the others are read in the same way.";

/** Parts of profiles without which the fixture runs as well, each with the reason. */
export const unseen: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  salesforce: {
    "answer.apiBase.hosts.1": "The fixture's API is below the first of the hosts.",
  },
  facebook: {
    "answer.errors.190":
      "With the fixture's status of 400 a refresh is understood without the code.",
  },
  stripe_apps: {
    "settings.clientAuthentication":
      "Exchange and refresh say their own; it is for other requests, which the fixture does not make.",
  },
  zoho: {
    "callback.tokenOrigin.origins.0": otherRegion,
    "callback.tokenOrigin.origins.2": otherRegion,
    "callback.tokenOrigin.origins.3": otherRegion,
    "callback.tokenOrigin.origins.4": otherRegion,
  },
};
