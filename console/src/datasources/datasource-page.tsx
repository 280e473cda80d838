import type { Datasource } from "@countersign/protocol/admin/datasources.ts";
import { Alert, Button, Tabs } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate, useParams } from "react-router";
import { datasourcePath, datasourceQuery } from "../api/datasources.ts";
import { useMay } from "../api/session.ts";
import { ConnectionList } from "../connections/connection-list.tsx";
import { BackLink } from "../parts/back-link.tsx";
import { ConfirmDelete } from "../parts/confirm-delete.tsx";
import { Editing } from "../parts/editing.tsx";
import { Icon } from "../parts/icon.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { PendingPage } from "../parts/pending.tsx";
import { DatasourceSettings } from "./datasource-settings.tsx";

/** `/datasources/:id`: one outside API, its connections and its settings. */
export function DatasourcePage() {
  const { id = "", tab: named } = useParams();
  const navigate = useNavigate();
  const may = useMay();
  const tab = named ?? (may("connections:read") ? "connections" : "settings");
  const [isDeleting, setDeleting] = useState(false);
  const query = useQuery(datasourceQuery(id));
  const datasource = query.data;
  if (datasource === undefined) {
    return <PendingPage title="Datasource" above={back} query={query} />;
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
          <Editing thing={datasource}>
            {(opened) => (
              <DatasourceSettings
                datasource={{ ...opened, connection_counts: datasource.connection_counts }}
              />
            )}
          </Editing>
        </Tabs.Panel>
      </Tabs>
      {isDeleting && (
        <DeleteDatasource datasource={datasource} onClose={() => setDeleting(false)} />
      )}
    </>
  );
}

const back = <BackLink to="/datasources">Datasources</BackLink>;

const Findings = ({ datasource: { findings } }: { datasource: Datasource }) => (
  <Alert color="yellow" icon={<Icon name="warning" />} mb="lg" title="Have a look at the settings">
    {findings.map(({ field, message }) => (
      <div key={field + message}>{message}</div>
    ))}
  </Alert>
);

function DeleteDatasource({
  datasource: { id, name, connection_counts: counts },
  onClose,
}: {
  datasource: Datasource;
  onClose: () => void;
}) {
  const count = Object.values(counts).reduce((sum, one) => sum + one, 0);
  return (
    <ConfirmDelete
      what={name}
      path={datasourcePath(id)}
      isForced
      leaveTo="/datasources"
      onClose={onClose}
    >
      {count === 0
        ? "Nothing is connected to it."
        : `Its ${count === 1 ? "connection goes" : `${count} connections go`} with it: whoever uses them has to connect again elsewhere.`}
    </ConfirmDelete>
  );
}
