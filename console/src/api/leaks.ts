import type { Leak, LeakDetails } from "@countersign/protocol/admin/leaks.ts";
import { read } from "./request.ts";

/** Secrets that somebody found where they should not be. */

export const leaksPath = "/v2/leaks";
export const leakPath = (id: string): string => `${leaksPath}/${encodeURIComponent(id)}`;

export const leakQuery = (id: string) => ({
  queryKey: [leaksPath, id],
  queryFn: read<LeakDetails>(leakPath(id)),
});

export const leakKindNames: Readonly<Record<Leak["kind"], string>> = {
  client_secret: "Client secret",
  api_key: "API key",
  verifier_secret: "Verifier secret",
  access_token: "Access token",
};

export const leakResponses: Readonly<Record<Leak["response"], string>> = {
  notified: "Noted",
  disabled: "Disabled",
  revoked: "Revoked",
  nothing_left: "Nothing was left to do",
};
