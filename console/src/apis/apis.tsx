import type { Api } from "@countersign/protocol/admin/apis.ts";
import { Badge, Button, Table } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { apisQuery } from "../api/roles.ts";
import { useMay } from "../api/session.ts";
import css from "../app-clients/app-clients.module.css";
import { CopyIcon } from "../parts/copy-button.tsx";
import { Icon } from "../parts/icon.tsx";
import { Listing } from "../parts/listing.tsx";
import { Panel } from "../parts/panel.tsx";
import { CreateApiForm } from "./create-api.tsx";

/** Who tokens are for. */
export function Apis() {
  const may = useMay();
  const [isCreating, setCreating] = useState(false);
  const { data, error, refetch } = useQuery(apisQuery);
  return (
    <Panel
      title="APIs"
      isFlush
      actions={
        may("apis:write") && (
          <Button
            variant="default"
            leftSection={<Icon name="plus" size={16} />}
            onClick={() => setCreating(true)}
          >
            Register API
          </Button>
        )
      }
    >
      <Listing
        label="APIs"
        columns={columns}
        rows={data?.apis}
        error={error}
        onRetry={() => void refetch()}
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
      <Link className={css["name"]} to={`/apis/${api.id}`}>
        {api.name}
      </Link>
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
