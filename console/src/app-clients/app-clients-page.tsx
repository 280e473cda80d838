import type { AppClient, AppClientPage } from "@countersign/protocol/admin/app-clients.ts";
import { Select, Table } from "@mantine/core";
import { useState } from "react";
import { useSearchParams } from "react-router";
import { clientsPath } from "../api/app-clients.ts";
import { anywhereIn } from "../api/filter.ts";
import { usePages } from "../api/pages.ts";
import { useMay } from "../api/session.ts";
import { AddButton } from "../parts/add-button.tsx";
import { Empty } from "../parts/empty.tsx";
import { Listing } from "../parts/listing.tsx";
import { Panel } from "../parts/panel.tsx";
import { RoleBadges } from "../parts/role-badges.tsx";
import { RowName } from "../parts/row-name.tsx";
import { SearchField, useSearch } from "../parts/search-field.tsx";
import { ShortId } from "../parts/secret-field.tsx";
import { Status } from "../parts/status.tsx";
import { Ago } from "../parts/time.tsx";
import { ReloadButton, Toolbar } from "../parts/toolbar.tsx";
import { AccessTabs } from "./access-tabs.tsx";
import css from "./app-clients.module.css";
import { ClientMenu } from "./client-menu.tsx";
import { CreateAppClient } from "./create-app-client.tsx";

/** `/apiAccess/appClients`: who gets tokens. */
export function AppClientsPage() {
  const mayWrite = useMay()("app_clients:write");
  const [parameters, setParameters] = useSearchParams();
  const search = useSearch();
  const [order, setOrder] = useState("newest");
  const list = usePages<AppClientPage>(clientsPath, {
    limit: 25,
    order,
    filter: anywhereIn(search.wanted),
  });
  const isCreating = parameters.has("create") && mayWrite;
  const setCreating = (isOpen: boolean): void => setParameters(isOpen ? { create: "" } : {});
  return (
    <AccessTabs tab="appClients">
      <Toolbar
        action={
          mayWrite && <AddButton onClick={() => setCreating(true)}>Create app client</AddButton>
        }
      >
        <SearchField label="Search by name" maxLength={90} search={search} />
        <Select
          w={150}
          className={css["order"]}
          aria-label="Order"
          data={[
            { value: "newest", label: "Newest first" },
            { value: "oldest", label: "Oldest first" },
          ]}
          value={order}
          onChange={(value) => setOrder(value ?? "newest")}
        />
        <ReloadButton list={list} />
      </Toolbar>
      <Panel isFlush>
        <Listing
          label="App clients"
          columns={columns}
          rows={list.data?.app_clients}
          list={list}
          empty={search.wanted === "" ? <NoneYet mayCreate={mayWrite} /> : <NoMatch />}
          renderRow={(client) => <Row key={client.id} client={client} />}
        />
      </Panel>
      {isCreating && <CreateAppClient onClose={() => setCreating(false)} />}
    </AccessTabs>
  );
}

const columns = [
  { label: "Name" },
  { label: "Client ID", className: "not-narrow" },
  { label: "Roles", className: "wide-only" },
  { label: "Last used", className: "not-narrow" },
  { label: "Status", className: "not-narrow" },
  { label: "Actions", isHidden: true, width: 56 },
];

const Row = ({ client }: { client: AppClient }) => (
  <Table.Tr>
    <Table.Td>
      <RowName to={`/apiAccess/appClients/${client.id}`} about={client.description}>
        {client.name}
      </RowName>
      <span className="narrow-only">
        <Status state={client.enabled ? "active" : "disabled"} />
        <ShortId id={client.client_id} what={`client ID of ${client.name}`} />
      </span>
    </Table.Td>
    <Table.Td className="not-narrow">
      <ShortId id={client.client_id} what={`client ID of ${client.name}`} />
    </Table.Td>
    <Table.Td className="wide-only">
      <RoleBadges held={client} />
    </Table.Td>
    <Table.Td className="not-narrow">
      <Ago at={client.last_used_at} />
    </Table.Td>
    <Table.Td className="not-narrow">
      <Status state={client.enabled ? "active" : "disabled"} />
    </Table.Td>
    <Table.Td>
      <ClientMenu client={client} where="row" />
    </Table.Td>
  </Table.Tr>
);

const NoneYet = ({ mayCreate }: { mayCreate: boolean }) => (
  <Empty icon="access" title="No app clients yet">
    An app client is a program that calls your API: it gets an id and a secret, and exchanges them
    for tokens. {mayCreate && "Create one, and copy its first call in your language."}
  </Empty>
);

const NoMatch = () => (
  <Empty icon="search" title="No app client has such a name">
    Names are searched anywhere in them, without regard to case.
  </Empty>
);
