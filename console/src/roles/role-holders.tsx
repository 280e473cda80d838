import type { RoleHolder, RoleHolderPage } from "@countersign/protocol/admin/role-impact.ts";
import { Table } from "@mantine/core";
import { usePages } from "../api/pages.ts";
import { rolePath } from "../api/roles.ts";
import { Empty } from "../parts/empty.tsx";
import { Listing } from "../parts/listing.tsx";
import { Panel } from "../parts/panel.tsx";
import { PrincipalLink } from "./principal-link.tsx";

/** Who has it, and on what. */
export function RoleHolders({ role }: { role: string }) {
  const list = usePages<RoleHolderPage>(`${rolePath(role)}/holders`, {
    limit: 25,
  });
  return (
    <Panel title="Who holds it" isFlush>
      <Listing
        label="Who holds it"
        columns={columns}
        rows={list.data?.holders}
        list={list}
        expectedRows={3}
        empty={
          <Empty icon="person" title="Nobody holds this role">
            Give it to an app client in its settings, or to an API key when you create it.
          </Empty>
        }
        renderRow={(holder) => <Row key={JSON.stringify(holder)} holder={holder} />}
      />
    </Panel>
  );
}

const columns = [{ label: "Holder" }, { label: "On" }];

const Row = ({
  holder: { principal, resource_type: type, resource_id: id },
}: {
  holder: RoleHolder;
}) => (
  <Table.Tr>
    <Table.Td>
      <PrincipalLink principal={principal} />
    </Table.Td>
    <Table.Td>
      {type === "account" ? (
        "The whole account"
      ) : (
        <>
          {type} <code>{id}</code>
        </>
      )}
    </Table.Td>
  </Table.Tr>
);
