import type {
  Leak,
  LeakDetails,
  LeakKind,
  LeakPlace,
  LeakReach,
  LeakResponse,
} from "@countersign/protocol/admin/leaks.ts";
import type { LeakEvidence } from "../../leaks/leak.ts";
import type { LeakPlaceRecord, LeakRecord } from "../../store/store.ts";
import { isoTime } from "../iso-time.ts";

/** Leaks on the wire, and in words. */

export function toLeak(leak: LeakRecord, client: Pick<Leak, "client">): Leak {
  const { ownerType: type, ownerId: id } = leak;
  const kind = leak.kind as LeakKind;
  const response = leak.response as LeakResponse;
  return {
    id: leak.id,
    status: leak.status as Leak["status"],
    kind,
    subject_id: leak.subjectId,
    hint: leak.hint,
    ...client,
    ...(type === undefined || id === undefined ? {} : { owner: { type, id } }),
    state: leak.state as Leak["state"],
    policy: leak.policy as Leak["policy"],
    response,
    explanation: `${things[kind]} was reported as leaked. ${done[response]}`,
    what_to_do: response === "notified" ? stillOpen[kind] : closed[response],
    place_count: leak.placeCount,
    note: leak.note,
    first_reported_at: isoTime(leak.firstReportedAtMs),
    last_reported_at: isoTime(leak.lastReportedAtMs),
  };
}

export function toLeakDetails(
  leak: LeakRecord,
  client: Pick<Leak, "client">,
  { places, use, tokensIssued }: LeakEvidence,
): LeakDetails {
  return {
    ...toLeak(leak, client),
    places: places.map(toPlace),
    reach: {
      ...(JSON.parse(leak.rights) as Pick<LeakReach, "permissions" | "resources">),
      ...(tokensIssued === undefined ? {} : { tokens_issued: tokensIssued }),
      ...(use === undefined
        ? {}
        : {
            first_used_at: isoTime(use.firstUsedAtMs),
            last_used_at: isoTime(use.lastUsedAtMs),
            last_used_address: use.address,
            last_used_user_agent: use.userAgent,
          }),
    },
  };
}

const toPlace = (place: LeakPlaceRecord): LeakPlace => ({
  url: place.url,
  source: place.source,
  type: place.type,
  reported_by: { type: place.reporterType, id: place.reporterId },
  reported_at: isoTime(place.atMs),
});

const things: Record<LeakKind, string> = {
  client_secret: "The secret of an app client",
  api_key: "An API key",
  verifier_secret: "The verifier secret of an API",
  access_token: "An access token",
};

const done: Record<LeakResponse, string> = {
  notified: "It still works: its policy is to notify.",
  disabled: "It was disabled at once, with every token it had earned.",
  revoked: "It was revoked at once.",
  nothing_left: "It did not work any more.",
};

const stillOpen: Record<LeakKind, string> = {
  client_secret: "Add a new credential, move the client to it, and revoke this one.",
  api_key: "Make a new key, move its users to it, and delete this one.",
  verifier_secret: "Rotate it at the API's verifier_credential, and give the API the new one.",
  access_token: "Revoke it at /oauth2/revoke, or wait until it expires; its secret did not leak.",
};

const closed: Record<Exclude<LeakResponse, "notified">, string> = {
  disabled: "Replace it and revoke it; if it was a false alarm, enable it again.",
  revoked: "Replace it where it was in use.",
  nothing_left: "Nothing, unless it was used before: see its last use and the audit log.",
};
