import { Button, Group, Input, Text } from "@mantine/core";
import type { SealedLines as Value } from "./draft.ts";
import { NamedLines } from "./named-lines.tsx";

/** Names and values that are sealed: those that are there stay, go, or are all given anew. */
export function SealedLines({
  label,
  stored,
  value,
  error,
  onChange,
}: {
  label: string;
  /** The names of those that are there. */
  stored: readonly string[];
  value: Value;
  error: string | undefined;
  onChange: (value: Value) => void;
}) {
  if (Array.isArray(value) || (value === "keep" && stored.length === 0)) {
    return (
      <NamedLines
        label={label}
        description="Values are sealed, and never shown again."
        addLabel="Add a line"
        isSecret
        value={Array.isArray(value) ? value : []}
        error={error}
        onChange={(lines) => onChange(lines.length === 0 && stored.length === 0 ? "keep" : lines)}
      />
    );
  }
  return (
    <Input.Wrapper label={label} labelElement="div" error={error}>
      <Group gap="xs">
        <Text size="sm" c="dimmed">
          {value === "keep" ? `Stored: ${stored.join(", ")}` : "They are taken away."}
        </Text>
        <Button
          variant="subtle"
          size="compact-sm"
          onClick={() => onChange([{ key: "", value: "" }])}
        >
          Give all anew
        </Button>
        <Button
          variant="subtle"
          size="compact-sm"
          onClick={() => onChange(value === "keep" ? "remove" : "keep")}
        >
          {value === "keep" ? "Take all away" : "Keep them"}
        </Button>
      </Group>
    </Input.Wrapper>
  );
}
