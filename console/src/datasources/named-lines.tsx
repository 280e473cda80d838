import { Input, TextInput } from "@mantine/core";
import { Lines } from "../parts/lines.tsx";
import type { NamedLine } from "./draft.ts";

/** Names and values, line by line. */
export const NamedLines = ({
  label,
  description,
  addLabel,
  value,
  error,
  isSecret = false,
  onChange,
}: {
  label: string;
  description?: string;
  addLabel: string;
  value: readonly NamedLine[];
  error: string | undefined;
  isSecret?: boolean;
  onChange: (value: NamedLine[]) => void;
}) => (
  <Input.Wrapper label={label} labelElement="div" description={description} error={error}>
    <Lines
      value={value}
      onChange={onChange}
      empty={{ key: "", value: "" }}
      addLabel={addLabel}
      removeLabel={({ key }) => `${label}: remove ${key}`}
      renderFields={(line, put, index) => (
        <>
          <TextInput
            aria-label={`${label}: name ${index + 1}`}
            placeholder="Name"
            maxLength={200}
            value={line.key}
            onChange={({ currentTarget }) => put({ key: currentTarget.value })}
          />
          <TextInput
            aria-label={`${label}: value ${index + 1}`}
            placeholder="Value"
            {...(isSecret ? { type: "password", autoComplete: "new-password" } : {})}
            maxLength={4_000}
            value={line.value}
            onChange={({ currentTarget }) => put({ value: currentTarget.value })}
          />
        </>
      )}
    />
  </Input.Wrapper>
);
