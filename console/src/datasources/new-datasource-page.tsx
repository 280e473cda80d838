import type { Datasource } from "@countersign/protocol/admin/datasources.ts";
import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "react-router";
import { useAddresses } from "../api/addresses.ts";
import { datasourcesPath, profilesQuery, useOutboundChange } from "../api/datasources.ts";
import { request } from "../api/request.ts";
import { useMay } from "../api/session.ts";
import css from "../app-clients/app-clients.module.css";
import { Empty } from "../parts/empty.tsx";
import { Icon } from "../parts/icon.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Panel } from "../parts/panel.tsx";
import { Problem } from "../parts/problem.tsx";
import { DatasourceForm } from "./datasource-form.tsx";
import { createBody, draftOf, withoutEmpty, type Draft } from "./draft.ts";

/** `/datasources/new`: an outside API is described. */
export function NewDatasourcePage() {
  const navigate = useNavigate();
  const may = useMay();
  const addresses = useAddresses();
  const { data, error, refetch } = useQuery(profilesQuery);
  const create = useOutboundChange((body: object) =>
    request<Datasource>("POST", datasourcesPath, { body }),
  );
  const profileOf = (name: string) => data?.profiles.find((profile) => profile.name === name);
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
        above={
          <Link to="/datasources" className={css["back"]}>
            <Icon name="left" size={16} /> Datasources
          </Link>
        }
      />
      <Panel>
        {!may("datasources:write") ? (
          <Empty icon="datasource" title="This is for others">
            To create a datasource one needs the permission <code>datasources:write</code>.
          </Empty>
        ) : data === undefined ? (
          error === null ? (
            <Skeleton height={480} radius="md" />
          ) : (
            <Problem error={error} onRetry={() => void refetch()} />
          )
        ) : (
          <DatasourceForm
            initial={draftOf(profileOf("standard")?.settings ?? {})}
            profiles={data.profiles}
            redirectUrl={addresses && `${addresses.issuer}/api/v1/datasources/authorize`}
            verb="Create"
            error={create.error}
            isPending={create.isPending}
            toCheck={(draft) => withoutEmpty(bodyOf(draft))}
            onSubmit={submit}
            onCancel={() => void navigate("/datasources")}
          />
        )}
      </Panel>
    </>
  );
}
