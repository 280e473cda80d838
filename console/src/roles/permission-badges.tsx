import { permissions } from "@countersign/protocol/permissions.ts";
import { Badge, Group } from "@mantine/core";

/** Permissions by name; what each means is said to who points at it. */
export const PermissionBadges = ({
  names,
  color = "gray",
}: {
  names: readonly string[];
  color?: string;
}) =>
  names.length === 0 ? (
    <span className="muted">None</span>
  ) : (
    <Group gap={6}>
      {names.map((name) => (
        <Badge
          key={name}
          color={color}
          autoContrast
          ff="monospace"
          fw={450}
          title={(permissions as Readonly<Record<string, string>>)[name]}
        >
          {name}
        </Badge>
      ))}
    </Group>
  );
