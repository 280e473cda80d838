import type { Api } from "@countersign/protocol/admin/apis.ts";
import { Badge, Table } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { apisQuery } from "../api/roles.ts";
import { useMay } from "../api/session.ts";
import { AddButton } from "../parts/add-button.tsx";
import { CopyIcon } from "../parts/copy-button.tsx";
import { Listing } from "../parts/listing.tsx";
import { Panel } from "../parts/panel.tsx";
import { RowName } from "../parts/row-name.tsx";
import { CreateApiForm } from "./create-api.tsx";

/** Who tokens are for. */
export function Apis() {
  const may = useMay();
  const [isCreating, setCreating] = useState(false);
  const list = useQuery(apisQuery);
  return (
    <Panel
      title="APIs"
      isFlush
      actions={
        may("apis:write") && (
          <AddButton variant="default" onClick={() => setCreating(true)}>
            Register API
          </AddButton>
        )
      }
    >
      <Listing
        label="APIs"
        columns={columns}
        rows={list.data?.apis}
        list={list}
        expectedRows={2}
        empty={null}
        renderRow={(api) => <Row key={api.id} api={api} />}
      />
      {isCreating && <CreateApiForm onClose={() => setCreating(false)} />}
    </Panel>
  );
}

const columns = [
  { label: "Name" },
  { label: "Audience", className: "not-narrow" },
  { label: "Signed with", className: "wide-only" },
  { label: "Permissions", width: 110 },
];

const Row = ({ api }: { api: Api }) => (
  <Table.Tr>
    <Table.Td>
      <RowName to={`/apis/${api.id}`}>{api.name}</RowName>
      {api.is_default && (
        <Badge ml={8} color="teal">
          Default
        </Badge>
      )}
    </Table.Td>
    <Table.Td className="not-narrow">
      <code>{api.audience}</code>
      <CopyIcon text={api.audience} what={`audience of ${api.name}`} />
    </Table.Td>
    <Table.Td className="wide-only">{api.signing_algorithm}</Table.Td>
    <Table.Td className="numbers">{api.permissions.length}</Table.Td>
  </Table.Tr>
);
