import { Badge, Group, Tooltip } from "@mantine/core";

/** The first of some names; the others are told to who points at their number. */
export function FewBadges({ names, max }: { names: readonly string[]; max: number }) {
  const rest = names.slice(max).join(", ");
  return (
    <Group gap={6}>
      {names.slice(0, max).map((name) => (
        <Badge key={name} color="gray" autoContrast>
          {name}
        </Badge>
      ))}
      {rest !== "" && (
        <Tooltip label={rest} multiline maw={320}>
          <Badge color="gray" variant="outline" aria-label={`and ${rest}`} role="note">
            +{names.length - max}
          </Badge>
        </Tooltip>
      )}
    </Group>
  );
}
