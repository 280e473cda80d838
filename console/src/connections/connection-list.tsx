import type { Connection } from "@countersign/protocol/admin/connections.ts";
import type { Datasource } from "@countersign/protocol/admin/datasources.ts";
import { Button, Select, Table, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useState } from "react";
import { Link } from "react-router";
import { datasourcePath, stateNames } from "../api/datasources.ts";
import { usePages } from "../api/pages.ts";
import { useMay } from "../api/session.ts";
import css from "../app-clients/app-clients.module.css";
import { Empty } from "../parts/empty.tsx";
import { Icon } from "../parts/icon.tsx";
import { Listing } from "../parts/listing.tsx";
import { Panel } from "../parts/panel.tsx";
import { Ago } from "../parts/time.tsx";
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
  const [owner, setOwner] = useState("");
  const [isConnecting, setConnecting] = useState(false);
  const [searched] = useDebouncedValue(owner.trim(), 300);
  const { data, error, refetch, paging } = usePages<Page>(
    `${datasourcePath(datasource.id)}/connections`,
    { limit: 25, state, owner: searched },
  );
  const isFiltered = state !== "" || searched !== "";
  return (
    <>
      <div className={css["toolbar"]}>
        <Select
          w={180}
          aria-label="State"
          data={[
            { value: "", label: "Any state" },
            ...Object.entries(stateNames).map(([value, label]) => ({ value, label })),
          ]}
          value={state}
          onChange={(value) => setState(value ?? "")}
        />
        <TextInput
          className={css["search"]}
          aria-label="Owner"
          placeholder="Your own id of an end user"
          leftSection={<Icon name="search" size={16} />}
          value={owner}
          onChange={({ currentTarget }) => setOwner(currentTarget.value)}
        />
        <span className={css["spacer"]} />
        {may("connections:write") && (
          <Button leftSection={<Icon name="plus" size={16} />} onClick={() => setConnecting(true)}>
            Connect
          </Button>
        )}
      </div>
      <Panel isFlush>
        <Listing
          label="Connections"
          columns={columns}
          rows={data?.connections}
          error={error}
          onRetry={() => void refetch()}
          paging={paging}
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
      <Link className={css["name"]} to={`/connections/${connection.id}`}>
        {connection.owner ?? "The team's"}
      </Link>
      {connection.reason !== undefined && (
        <span className={css["about"]}>{connection.reason.message}</span>
      )}
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
