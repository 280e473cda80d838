import { Badge, Group, Tooltip } from "@mantine/core";

/** What somebody may do, as the names of roles. */

export interface HeldRoles {
  api_roles: string[];
  corpus_roles: { corpus_key: string; role: string }[];
  agent_roles: { agent_key: string; role: string }[];
  resource_roles: { resource_type: string; resource_id: string; role: string }[];
}

export function roleNames(held: HeldRoles): string[] {
  return [
    ...held.api_roles.map(inWords),
    ...held.corpus_roles.map(({ corpus_key: key, role }) => `${inWords(role)} of ${key}`),
    ...held.agent_roles.map(({ agent_key: key, role }) => `${inWords(role)} of ${key}`),
    ...held.resource_roles.map(({ resource_id: id, role }) => `${inWords(role)} of ${id}`),
  ];
}

export function inWords(name: string): string {
  const words = name.replaceAll("_", " ");
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}

export function RoleBadges({ held, max = 2 }: { held: HeldRoles; max?: number }) {
  const names = roleNames(held);
  if (names.length === 0) return <span className="muted">None</span>;
  const rest = names.slice(max);
  return (
    <Group gap={6}>
      {names.slice(0, max).map((name) => (
        <Badge key={name} color="gray" autoContrast>
          {name}
        </Badge>
      ))}
      {rest.length > 0 && (
        <Tooltip label={rest.join(", ")} multiline maw={320}>
          <Badge color="gray" variant="outline" aria-label={`and ${rest.join(", ")}`} role="note">
            +{rest.length}
          </Badge>
        </Tooltip>
      )}
    </Group>
  );
}
