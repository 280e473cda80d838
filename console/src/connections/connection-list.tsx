import type { Connection } from "@countersign/protocol/admin/connections.ts";
import type { Datasource } from "@countersign/protocol/admin/datasources.ts";
import { Table } from "@mantine/core";
import { useState } from "react";
import { datasourcePath, stateNames } from "../api/datasources.ts";
import { usePages } from "../api/pages.ts";
import { useMay } from "../api/session.ts";
import { AddButton } from "../parts/add-button.tsx";
import { Empty } from "../parts/empty.tsx";
import { Listing } from "../parts/listing.tsx";
import { Panel } from "../parts/panel.tsx";
import { RowName } from "../parts/row-name.tsx";
import { SearchField, useSearch } from "../parts/search-field.tsx";
import { Ago } from "../parts/time.tsx";
import { Filter, Toolbar } from "../parts/toolbar.tsx";
import { ConnectionState } from "./connection-state.tsx";
import { NewConnection } from "./new-connection.tsx";

/** Whose tokens are held for a datasource, and how each of them is. */

interface Page {
  connections: Connection[];
  metadata: { page_key?: string };
}

export function ConnectionList({ datasource }: { datasource: Datasource }) {
  const may = useMay();
  const [state, setState] = useState("");
  const owner = useSearch();
  const [isConnecting, setConnecting] = useState(false);
  const list = usePages<Page>(`${datasourcePath(datasource.id)}/connections`, {
    limit: 25,
    state,
    owner: owner.wanted,
  });
  const isFiltered = state !== "" || owner.wanted !== "";
  return (
    <>
      <Toolbar
        action={
          may("connections:write") && (
            <AddButton onClick={() => setConnecting(true)}>Connect</AddButton>
          )
        }
      >
        <Filter
          label="State"
          all="Any state"
          names={stateNames}
          w={180}
          value={state}
          onChange={setState}
        />
        <SearchField label="Owner" placeholder="Your own id of an end user" search={owner} />
      </Toolbar>
      <Panel isFlush>
        <Listing
          label="Connections"
          columns={columns}
          rows={list.data?.connections}
          list={list}
          expectedRows={3}
          empty={isFiltered ? <NoMatch /> : <NoneYet />}
          renderRow={(connection) => <Row key={connection.id} connection={connection} />}
        />
      </Panel>
      {isConnecting && (
        <NewConnection datasource={datasource} onClose={() => setConnecting(false)} />
      )}
    </>
  );
}

const columns = [
  { label: "Whose" },
  { label: "Account", className: "not-narrow" },
  { label: "Since", className: "not-narrow" },
  { label: "Token until", className: "wide-only" },
  { label: "State" },
];

const Row = ({ connection }: { connection: Connection }) => (
  <Table.Tr>
    <Table.Td>
      <RowName to={`/connections/${connection.id}`} about={connection.reason?.message}>
        {connection.owner ?? "The team's"}
      </RowName>
    </Table.Td>
    <Table.Td className="not-narrow">
      {connection.account ?? <span className="muted">Not known</span>}
    </Table.Td>
    <Table.Td className="not-narrow">
      <Ago at={connection.since} />
    </Table.Td>
    <Table.Td className="wide-only">
      <Ago at={connection.expires_at} never="–" />
    </Table.Td>
    <Table.Td>
      <ConnectionState connection={connection} />
    </Table.Td>
  </Table.Tr>
);

const NoneYet = () => (
  <Empty icon="datasource" title="Nothing is connected yet">
    One connection can be shared by the team, or each of your end users has one of their own.
  </Empty>
);

const NoMatch = () => (
  <Empty icon="search" title="No such connections">
    There are others in another state, or of other owners.
  </Empty>
);
