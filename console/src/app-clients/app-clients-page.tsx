import type { AppClient, AppClientPage } from "@countersign/protocol/admin/app-clients.ts";
import { ActionIcon, Button, Menu, Select, Table, TextInput, Tooltip } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useState } from "react";
import { Link, useSearchParams } from "react-router";
import { clientsPath } from "../api/app-clients.ts";
import { anywhereIn } from "../api/filter.ts";
import { usePages } from "../api/pages.ts";
import { useMay } from "../api/session.ts";
import { Empty } from "../parts/empty.tsx";
import { Icon } from "../parts/icon.tsx";
import { Listing } from "../parts/listing.tsx";
import { Panel } from "../parts/panel.tsx";
import { RoleBadges } from "../parts/role-badges.tsx";
import { ShortId } from "../parts/secret-field.tsx";
import { Status } from "../parts/status.tsx";
import { Ago } from "../parts/time.tsx";
import { AccessTabs } from "./access-tabs.tsx";
import css from "./app-clients.module.css";
import { ClientMenu } from "./client-menu.tsx";
import { CreateAppClient } from "./create-app-client.tsx";

/** `/apiAccess/appClients`: who gets tokens. */
export function AppClientsPage() {
  const may = useMay();
  const [parameters, setParameters] = useSearchParams();
  const [search, setSearch] = useState("");
  const [order, setOrder] = useState("newest");
  const [searched] = useDebouncedValue(search.trim(), 250);
  const { data, error, refetch, isFetching, paging } = usePages<AppClientPage>(clientsPath, {
    limit: 25,
    order,
    filter: anywhereIn(searched),
  });
  const isCreating = parameters.has("create") && may("app_clients:write");
  const setCreating = (isOpen: boolean): void => setParameters(isOpen ? { create: "" } : {});
  return (
    <AccessTabs tab="appClients">
      <div className={css["toolbar"]}>
        <TextInput
          className={css["search"]}
          aria-label="Search by name"
          placeholder="Search by name"
          leftSection={<Icon name="search" size={16} />}
          value={search}
          onChange={({ currentTarget }) => setSearch(currentTarget.value)}
        />
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
        <Tooltip label="Reload">
          <ActionIcon
            variant="default"
            size={36}
            aria-label="Reload"
            loading={isFetching && data !== undefined}
            onClick={() => void refetch()}
          >
            <Icon name="reload" />
          </ActionIcon>
        </Tooltip>
        <span className={css["spacer"]} />
        {may("app_clients:write") && (
          <Button leftSection={<Icon name="plus" size={16} />} onClick={() => setCreating(true)}>
            Create app client
          </Button>
        )}
      </div>
      <Panel isFlush>
        <Listing
          label="App clients"
          columns={columns}
          rows={data?.app_clients}
          error={error}
          onRetry={() => void refetch()}
          paging={paging}
          empty={searched === "" ? <NoneYet mayCreate={may("app_clients:write")} /> : <NoMatch />}
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
      <Link className={css["name"]} to={`/apiAccess/appClients/${client.id}`}>
        {client.name}
      </Link>
      {client.description !== "" && <span className={css["about"]}>{client.description}</span>}
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
      <ClientMenu
        client={client}
        target={
          <Menu.Target>
            <ActionIcon variant="subtle" color="gray" aria-label={`Actions for ${client.name}`}>
              <Icon name="more" />
            </ActionIcon>
          </Menu.Target>
        }
      />
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
