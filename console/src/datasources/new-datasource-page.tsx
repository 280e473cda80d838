import type { Datasource } from "@countersign/protocol/admin/datasources.ts";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "react-router";
import { useAddresses } from "../api/addresses.ts";
import { datasourcesPath, profilesQuery, useOutboundChange } from "../api/datasources.ts";
import { useCreation } from "../api/creation.ts";
import { useMay } from "../api/session.ts";
import { BackLink } from "../parts/back-link.tsx";
import { Empty } from "../parts/empty.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Panel } from "../parts/panel.tsx";
import { Pending } from "../parts/pending.tsx";
import { DatasourceForm } from "./datasource-form.tsx";
import { createBody, draftOf, withoutEmpty, type Draft } from "./draft.ts";

/** `/datasources/new`: an outside API is described. */
export function NewDatasourcePage() {
  const navigate = useNavigate();
  const may = useMay();
  const addresses = useAddresses();
  const query = useQuery(profilesQuery);
  const profiles = query.data?.profiles;
  const create = useOutboundChange(useCreation<Datasource>(datasourcesPath));
  const profileOf = (name: string) => profiles?.find((profile) => profile.name === name);
  const bodyOf = (draft: Draft) =>
    createBody(draftOf(profileOf(draft.profile)?.settings ?? {}), draft);
  const submit = (draft: Draft): void => {
    create.mutate(bodyOf(draft), {
      onSuccess: ({ id }) => void navigate(`/datasources/${id}`),
    });
  };
  return (
    <>
      <PageHead
        title="Create datasource"
        above={<BackLink to="/datasources">Datasources</BackLink>}
      />
      <Panel>
        {!may("datasources:write") ? (
          <Empty icon="datasource" title="This is for others">
            To create a datasource one needs the permission <code>datasources:write</code>.
          </Empty>
        ) : profiles === undefined ? (
          <Pending query={query} height={480} />
        ) : (
          <DatasourceForm
            initial={draftOf(profileOf("standard")?.settings ?? {})}
            profiles={profiles}
            redirectUrl={addresses && `${addresses.issuer}/api/v1/datasources/authorize`}
            verb="Create"
            save={create}
            toCheck={(draft) => withoutEmpty(bodyOf(draft))}
            onSubmit={submit}
            onCancel={() => void navigate("/datasources")}
          />
        )}
      </Panel>
    </>
  );
}
