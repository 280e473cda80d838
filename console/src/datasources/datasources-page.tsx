import type { Datasource } from "@countersign/protocol/admin/datasources.ts";
import { Badge, Button, Group, Table } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { datasourcesPath, profilesQuery, stateNames } from "../api/datasources.ts";
import { usePages } from "../api/pages.ts";
import { useMay } from "../api/session.ts";
import { Empty } from "../parts/empty.tsx";
import { Icon } from "../parts/icon.tsx";
import { Listing } from "../parts/listing.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Panel } from "../parts/panel.tsx";
import { RowName } from "../parts/row-name.tsx";
import { SearchField, useSearch } from "../parts/search-field.tsx";
import { stateColors } from "../parts/status.tsx";
import { Ago } from "../parts/time.tsx";
import { Toolbar } from "../parts/toolbar.tsx";
import { ImportDialog } from "./import-dialog.tsx";

/** `/datasources`: other people's APIs. */

interface Page {
  datasources: Datasource[];
  metadata: { page_key?: string };
}

export function DatasourcesPage() {
  const may = useMay();
  const [isImporting, setImporting] = useState(false);
  const search = useSearch();
  const list = usePages<Page>(datasourcesPath, { limit: 25, name: search.wanted });
  return (
    <>
      <PageHead
        title="Datasources"
        lead="Other people's APIs. Describe one, connect, and send requests through it: tokens are kept, renewed and put in for you."
        actions={
          may("datasources:write") && (
            <>
              <Button variant="default" onClick={() => setImporting(true)}>
                Import
              </Button>
              <Button
                component={Link}
                to="/datasources/new"
                leftSection={<Icon name="plus" size={16} />}
              >
                Create datasource
              </Button>
            </>
          )
        }
      />
      <Toolbar>
        <SearchField label="Search by name" search={search} />
      </Toolbar>
      <Panel isFlush>
        <Listing
          label="Datasources"
          columns={columns}
          rows={list.data?.datasources}
          list={list}
          empty={search.wanted === "" ? <NoneYet /> : <NoMatch />}
          renderRow={(datasource) => <Row key={datasource.id} datasource={datasource} />}
        />
      </Panel>
      {isImporting && <ImportDialog onClose={() => setImporting(false)} />}
    </>
  );
}

const NoneYet = () => (
  <Empty icon="datasource" title="No datasources yet">
    A datasource is an API of somebody else that you use with OAuth 2.0: a CRM, a calendar, a store.
    Its secret is sealed here, and its tokens never expire on you.
  </Empty>
);

const NoMatch = () => (
  <Empty icon="search" title="No datasource has such a name">
    Names are searched anywhere in them, without regard to case.
  </Empty>
);

const columns = [
  { label: "Name" },
  { label: "Provider", className: "not-narrow" },
  { label: "Grant", className: "wide-only" },
  { label: "Connections" },
  { label: "Created", className: "not-narrow" },
];

function Row({ datasource }: { datasource: Datasource }) {
  const { data } = useQuery(profilesQuery);
  const profile = data?.profiles.find(({ name }) => name === datasource.profile);
  return (
    <Table.Tr>
      <Table.Td>
        <RowName to={`/datasources/${datasource.id}`} about={datasource.base_url}>
          {datasource.name}
        </RowName>
      </Table.Td>
      <Table.Td className="not-narrow">
        {datasource.profile === "standard" ? "OAuth 2.0" : (profile?.title ?? datasource.profile)}
      </Table.Td>
      <Table.Td className="wide-only">
        {datasource.grant_type === "client_credentials"
          ? "Client credentials"
          : "Authorization code"}
      </Table.Td>
      <Table.Td>
        <Counts counts={datasource.connection_counts} />
      </Table.Td>
      <Table.Td className="not-narrow">
        <Ago at={datasource.created_at} />
      </Table.Td>
    </Table.Tr>
  );
}

const Counts = ({ counts }: { counts: Datasource["connection_counts"] }) => {
  const some = Object.entries(counts) as [keyof typeof stateNames, number][];
  if (some.length === 0) return <span className="muted">None</span>;
  return (
    <Group gap={6}>
      {some.map(([state, count]) => (
        <Badge key={state} color={stateColors[state] ?? "gray"} autoContrast>
          {count} {stateNames[state].toLowerCase()}
        </Badge>
      ))}
    </Group>
  );
};
