import { ActionIcon, Button, Input, TextInput } from "@mantine/core";
import { Icon } from "../parts/icon.tsx";
import css from "../roles/roles.module.css";
import type { NamedLine } from "./draft.ts";

/** Names and values, line by line. */
export function NamedLines({
  label,
  description,
  addLabel,
  value,
  error,
  valuePlaceholder = "Value",
  isSecret = false,
  onChange,
}: {
  label: string;
  description?: string;
  addLabel: string;
  value: readonly NamedLine[];
  error: string | undefined;
  valuePlaceholder?: string;
  isSecret?: boolean;
  onChange: (value: NamedLine[]) => void;
}) {
  const put = (index: number, own: Partial<NamedLine>): void =>
    onChange(value.map((one, at) => (at === index ? { ...one, ...own } : one)));
  return (
    <Input.Wrapper label={label} labelElement="div" description={description} error={error}>
      <div className={css["lines"]}>
        {value.map((line, index) => (
          <div key={index} className={css["line"]}>
            <TextInput
              aria-label={`${label}: name ${index + 1}`}
              placeholder="Name"
              maxLength={200}
              value={line.key}
              onChange={({ currentTarget }) => put(index, { key: currentTarget.value })}
            />
            <TextInput
              aria-label={`${label}: value ${index + 1}`}
              placeholder={valuePlaceholder}
              {...(isSecret ? { type: "password", autoComplete: "new-password" } : {})}
              maxLength={4_000}
              value={line.value}
              onChange={({ currentTarget }) => put(index, { value: currentTarget.value })}
            />
            <ActionIcon
              variant="subtle"
              color="gray"
              size={36}
              aria-label={`${label}: remove ${line.key}`}
              onClick={() => onChange(value.filter((_, at) => at !== index))}
            >
              <Icon name="close" />
            </ActionIcon>
          </div>
        ))}
        <Button
          variant="subtle"
          size="compact-sm"
          w="fit-content"
          leftSection={<Icon name="plus" size={14} />}
          onClick={() => onChange([...value, { key: "", value: "" }])}
        >
          {addLabel}
        </Button>
      </div>
    </Input.Wrapper>
  );
}
