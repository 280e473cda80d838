import {
  DatasourceProfileList,
  type DatasourceProfile,
} from "@countersign/protocol/admin/datasource-profiles.ts";
import type { DescribedProfile } from "../../datasources/describe-profile.ts";
import type { Outbound } from "../../datasources/outbound.ts";
import { toOpenSettings } from "./datasource-body.ts";
import { optional } from "./member.ts";
import { route, type AdminServer } from "./route.ts";

/** `/v2/datasource_profiles`: what is known of single providers. */

const list = route({
  permission: "datasources:read",
  tag: "Datasources",
  summary: "List provider profiles",
  description: "What is known of single providers: `profile` of a datasource names one.",
  success: { 200: DatasourceProfileList },
});

export function registerDatasourceProfiles(
  server: AdminServer,
  { outbound }: { outbound(): Promise<Outbound> },
): void {
  server.get("/datasource_profiles", list, async () => {
    const { describedProfiles } = await outbound();
    return { profiles: describedProfiles().map(toDatasourceProfile) };
  });
}

function toDatasourceProfile(described: DescribedProfile): DatasourceProfile {
  const { profile, settings, variables, canRefresh } = described;
  const { client_id: _, ...proposed } = toOpenSettings(settings);
  const { offline } = profile.authorize ?? {};
  return {
    name: profile.name,
    title: profile.title,
    settings: proposed,
    variables: [...variables],
    ...(offline === undefined
      ? {}
      : {
          offline: {
            ...optional("scope", offline.scope),
            ...optional("parameters", offline.parameters && { ...offline.parameters }),
          },
        }),
    can_refresh: canRefresh,
    notes: [...(profile.notes ?? [])],
  };
}
