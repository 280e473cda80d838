import type { Principal } from "@countersign/protocol/admin/role-impact.ts";
import { Badge, Group } from "@mantine/core";
import { Link } from "react-router";

/** Who holds a role, by name and kind, with the way to their page where there is one. */
export const PrincipalLink = ({ principal: { type, id, name } }: { principal: Principal }) => (
  <Group gap={8} wrap="nowrap">
    {type === "app_client" && name !== undefined ? (
      <Link to={`/apiAccess/appClients/${id}`}>{name}</Link>
    ) : (
      <span>{name ?? <code>{id}</code>}</span>
    )}
    <Badge color="gray" autoContrast>
      {kinds[type]}
    </Badge>
  </Group>
);

const kinds = { app_client: "App client", user: "Person", api_key: "API key" };
