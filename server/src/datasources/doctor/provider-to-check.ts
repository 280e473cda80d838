import type { DatasourceContext, DatasourceInput } from "../datasource.ts";
import { inputOf, loadDatasource } from "../datasource.ts";
import { hasNewTokenHost, toProvider } from "../datasource-settings.ts";
import type { Provider } from "../provider.ts";

/**
 * Settings that somebody is about to save. Of a datasource that is there the secrets count too, but not
 * where they would go to a host that did not get them before: who may change a URL must not learn a
 * secret by it. Throws 400 and 404.
 */
export async function providerToCheck(
  context: Pick<DatasourceContext, "store" | "sealer">,
  tenantId: string,
  about: {
    datasourceId: string | undefined;
    apply(before: DatasourceInput): DatasourceInput;
  },
): Promise<Provider> {
  if (about.datasourceId === undefined) return providerFrom(about.apply(nothing));
  const datasource = await loadDatasource(context, tenantId, about.datasourceId);
  const known = inputOf(context, datasource);
  const changed = providerFrom(about.apply(known));
  if (!hasNewTokenHost(providerFrom(known), changed)) return changed;
  return providerFrom(about.apply({ ...known, secrets: {} }));
}

const providerFrom = ({ settings, secrets }: DatasourceInput): Provider =>
  toProvider(settings, secrets);

const nothing: DatasourceInput = {
  name: "",
  settings: { clientId: "" },
  secrets: {},
  externalId: undefined,
  labels: {},
};
