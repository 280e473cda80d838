import type { Role } from "@countersign/protocol/admin/roles.ts";
import { Badge, Table } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { rolesQuery } from "../api/roles.ts";
import { useMay } from "../api/session.ts";
import { Apis } from "../apis/apis.tsx";
import { AddButton } from "../parts/add-button.tsx";
import { Listing } from "../parts/listing.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Panel } from "../parts/panel.tsx";
import { inWords } from "../parts/role-badges.tsx";
import { RowName } from "../parts/row-name.tsx";
import { CreateRoleForm } from "./create-role.tsx";
import { ExplainPanel } from "./explain.tsx";

/** `/roles`: what each role permits, on which APIs, and why somebody may do something. */
export function RolesPage() {
  const may = useMay();
  return (
    <>
      <PageHead
        title="Roles and APIs"
        lead="A role is a named set of permissions. An API is who tokens are for; its permissions are what a token can say."
      />
      {may("roles:read") && <ExplainPanel />}
      {may("roles:read") && <Roles />}
      {may("apis:read") && <Apis />}
    </>
  );
}

function Roles() {
  const may = useMay();
  const [isCreating, setCreating] = useState(false);
  const list = useQuery(rolesQuery);
  return (
    <Panel
      title="Roles"
      isFlush
      actions={
        may("roles:write") && (
          <AddButton variant="default" onClick={() => setCreating(true)}>
            Create role
          </AddButton>
        )
      }
    >
      <Listing
        label="Roles"
        columns={columns}
        rows={list.data?.roles.toSorted(ownFirst)}
        list={list}
        expectedRows={14}
        empty={null}
        renderRow={(role) => <Row key={role.name} role={role} />}
      />
      {isCreating && <CreateRoleForm onClose={() => setCreating(false)} />}
    </Panel>
  );
}

const ownFirst = (one: Role, other: Role): number => Number(one.built_in) - Number(other.built_in);

const columns = [
  { label: "Name" },
  { label: "Permits", className: "not-narrow" },
  { label: "Permissions", width: 110 },
];

const Row = ({ role }: { role: Role }) => (
  <Table.Tr>
    <Table.Td>
      <RowName to={`/roles/${role.name}`}>{inWords(role.name)}</RowName>
      {!role.built_in && <Badge ml={8}>Your own</Badge>}
    </Table.Td>
    <Table.Td className="not-narrow" c="dimmed">
      {role.description}
    </Table.Td>
    <Table.Td className="numbers">
      {role.permissions.length || Object.values(role.permissions_on ?? {}).flat().length}
    </Table.Td>
  </Table.Tr>
);
