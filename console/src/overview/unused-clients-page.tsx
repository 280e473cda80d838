import type { UnusedClientPage } from "@countersign/protocol/admin/usage.ts";
import { Button, Checkbox, Group, Select, Table, Text } from "@mantine/core";
import { useState } from "react";
import { usePages } from "../api/pages.ts";
import { useMay } from "../api/session.ts";
import { Empty } from "../parts/empty.tsx";
import { Listing, type Column } from "../parts/listing.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Panel } from "../parts/panel.tsx";
import { RowName } from "../parts/row-name.tsx";
import { Status } from "../parts/status.tsx";
import { Ago } from "../parts/time.tsx";
import { Toolbar } from "../parts/toolbar.tsx";
import { DisableMany } from "./disable-many.tsx";
import css from "./overview.module.css";

export type UnusedClient = UnusedClientPage["unused_clients"][number];

/** `/unusedClients`: app clients that nobody has used for long, to be disabled together. */
export function UnusedClientsPage() {
  const mayDisable = useMay()("app_clients:write");
  const [days, setDays] = useState("90");
  const [chosen, setChosen] = useState<readonly UnusedClient[]>([]);
  const [isAsked, setAsked] = useState(false);
  const list = usePages<UnusedClientPage>("/v2/usage/unused_clients", {
    days: Number(days),
    limit: 25,
  });
  const rows = list.data?.unused_clients;
  const open = rows?.filter(({ enabled }) => enabled) ?? [];
  const isChosen = ({ id }: UnusedClient): boolean => chosen.some((one) => one.id === id);
  const choose = (clients: readonly UnusedClient[], isOn: boolean): void => {
    const others = chosen.filter(({ id }) => clients.every((client) => client.id !== id));
    setChosen(isOn ? [...others, ...clients] : others);
  };
  return (
    <>
      <PageHead
        title="Unused app clients"
        lead="They got no token for so long. Whoever still needs a disabled one is told so, and you can enable it again."
        actions={
          mayDisable && (
            <Button disabled={chosen.length === 0} onClick={() => setAsked(true)}>
              {chosen.length === 0 ? "Disable" : `Disable ${chosen.length}`}
            </Button>
          )
        }
      />
      <Toolbar>
        <Select
          w={200}
          label="Unused for"
          data={["30", "90", "180", "365"].map((value) => ({ value, label: `${value} days` }))}
          value={days}
          allowDeselect={false}
          onChange={(value) => {
            setDays(value ?? days);
            setChosen([]);
          }}
        />
        {mayDisable && open.length > 0 && (
          <Checkbox
            className={css["beside"] ?? ""}
            label="All on this page"
            checked={open.every(isChosen)}
            onChange={({ currentTarget }) => choose(open, currentTarget.checked)}
          />
        )}
        <ChosenElsewhere
          count={chosen.length - open.filter(isChosen).length}
          onClear={() => setChosen(open.filter(isChosen))}
        />
      </Toolbar>
      <Panel isFlush>
        <Listing
          label="Unused app clients"
          columns={mayDisable ? [choice, ...columns] : columns}
          rows={rows}
          list={list}
          empty={
            <Empty icon="access" title="Nothing to clear up">
              Every app client that is old enough got a token in this time.
            </Empty>
          }
          renderRow={(client) => (
            <Table.Tr key={client.id}>
              {mayDisable && (
                <Table.Td>
                  <Checkbox
                    aria-label={`Choose ${client.name}`}
                    disabled={!client.enabled}
                    checked={isChosen(client)}
                    onChange={({ currentTarget }) => choose([client], currentTarget.checked)}
                  />
                </Table.Td>
              )}
              <Cells client={client} />
            </Table.Tr>
          )}
        />
      </Panel>
      {isAsked && (
        <DisableMany
          clients={chosen}
          onDisabled={(client) => setChosen((now) => now.filter(({ id }) => id !== client.id))}
          onClose={() => setAsked(false)}
        />
      )}
    </>
  );
}

/** What is chosen stays chosen while one turns the pages, and is counted where it is not seen. */
const ChosenElsewhere = ({ count, onClear }: { count: number; onClear: () => void }) =>
  count > 0 && (
    <Group gap={4} className={css["beside"]}>
      <Text size="sm">{count} more chosen on other pages</Text>
      <Button variant="subtle" size="compact-sm" onClick={onClear}>
        Clear these
      </Button>
    </Group>
  );

const choice: Column = { label: "Choice", isHidden: true, width: 48 };
const columns: readonly Column[] = [
  { label: "Name" },
  { label: "Created", className: "not-narrow" },
  { label: "Last used" },
  { label: "Status" },
];

const Cells = ({ client }: { client: UnusedClient }) => (
  <>
    <Table.Td>
      <RowName to={`/apiAccess/appClients/${client.id}`}>{client.name}</RowName>
    </Table.Td>
    <Table.Td className="not-narrow">
      <Ago at={client.created_at} />
    </Table.Td>
    <Table.Td>
      <Ago at={client.last_used_at} never="Never" />
    </Table.Td>
    <Table.Td>
      <Status state={client.enabled ? "enabled" : "disabled"} />
    </Table.Td>
  </>
);
