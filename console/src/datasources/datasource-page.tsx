import type { Datasource } from "@countersign/protocol/admin/datasources.ts";
import { Alert, Button, Skeleton, Tabs } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useNavigate, useParams } from "react-router";
import { datasourcePath, datasourceQuery, useOutboundChange } from "../api/datasources.ts";
import { request } from "../api/request.ts";
import { useMay } from "../api/session.ts";
import css from "../app-clients/app-clients.module.css";
import { ConnectionList } from "../connections/connection-list.tsx";
import { Confirm } from "../parts/confirm.tsx";
import { Icon } from "../parts/icon.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Problem } from "../parts/problem.tsx";
import { DatasourceSettings } from "./datasource-settings.tsx";

/** `/datasources/:id`: one outside API, its connections and its settings. */
export function DatasourcePage() {
  const { id = "", tab: named } = useParams();
  const navigate = useNavigate();
  const may = useMay();
  const tab = named ?? (may("connections:read") ? "connections" : "settings");
  const [isDeleting, setDeleting] = useState(false);
  const { data: datasource, error, refetch } = useQuery(datasourceQuery(id));
  if (datasource === undefined) {
    return (
      <>
        <PageHead title="Datasource" above={back} />
        {error === null ? (
          <Skeleton height={260} radius="md" />
        ) : (
          <Problem error={error} onRetry={() => void refetch()} />
        )}
      </>
    );
  }
  return (
    <>
      <PageHead
        title={datasource.name}
        above={back}
        lead={datasource.base_url}
        actions={
          <>
            <Button
              component="a"
              href={`${datasourcePath(datasource.id)}/export`}
              download={`${datasource.name}.json`}
              variant="default"
              leftSection={<Icon name="download" size={16} />}
            >
              Export
            </Button>
            {may("datasources:write") && (
              <Button variant="default" c="var(--bad)" onClick={() => setDeleting(true)}>
                Delete
              </Button>
            )}
          </>
        }
      />
      {datasource.findings.length > 0 && <Findings datasource={datasource} />}
      <Tabs
        value={tab}
        onChange={(next) => void navigate(`/datasources/${id}/${next ?? ""}`, { replace: true })}
        keepMounted={false}
      >
        <Tabs.List mb="lg">
          {may("connections:read") && <Tabs.Tab value="connections">Connections</Tabs.Tab>}
          <Tabs.Tab value="settings">Settings</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="connections">
          {may("connections:read") && <ConnectionList datasource={datasource} />}
        </Tabs.Panel>
        <Tabs.Panel value="settings">
          <DatasourceSettings key={datasource.updated_at} datasource={datasource} />
        </Tabs.Panel>
      </Tabs>
      {isDeleting && (
        <DeleteDatasource datasource={datasource} onClose={() => setDeleting(false)} />
      )}
    </>
  );
}

const back = (
  <Link to="/datasources" className={css["back"]}>
    <Icon name="left" size={16} /> Datasources
  </Link>
);

const Findings = ({ datasource: { findings } }: { datasource: Datasource }) => (
  <Alert color="yellow" icon={<Icon name="warning" />} mb="lg" title="Have a look at the settings">
    {findings.map(({ field, message }) => (
      <div key={field + message}>{message}</div>
    ))}
  </Alert>
);

function DeleteDatasource({
  datasource,
  onClose,
}: {
  datasource: Datasource;
  onClose: () => void;
}) {
  const navigate = useNavigate();
  const remove = useOutboundChange(() =>
    request("DELETE", datasourcePath(datasource.id), { query: { force: "true" } }),
  );
  const count = Object.values(datasource.connection_counts).reduce((sum, one) => sum + one, 0);
  const act = async (): Promise<void> => {
    await remove.mutateAsync(undefined);
    await navigate("/datasources");
    notifications.show({ message: `${datasource.name} is deleted.` });
  };
  return (
    <Confirm
      title={`Delete ${datasource.name}?`}
      verb="Delete"
      isDangerous
      act={act}
      onClose={onClose}
    >
      {count === 0
        ? "Nothing is connected to it."
        : `Its ${count === 1 ? "connection goes" : `${count} connections go`} with it: whoever uses them has to connect again elsewhere.`}
    </Confirm>
  );
}
