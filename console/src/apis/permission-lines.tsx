import type { ApiPermission } from "@countersign/protocol/admin/apis.ts";
import { Input, TextInput } from "@mantine/core";
import { Lines } from "../parts/lines.tsx";

/** What may be done with an API: a name and what it means, line by line. */
export const PermissionLines = ({
  value,
  errors,
  onChange,
}: {
  value: readonly ApiPermission[];
  errors: Readonly<Record<string, string>>;
  onChange: (value: ApiPermission[]) => void;
}) => (
  <Input.Wrapper
    label="Permissions"
    labelElement="div"
    description="What its tokens can say, as plural:verb, for example invoices:read."
  >
    <Lines
      value={value}
      onChange={onChange}
      empty={{ name: "", description: "" }}
      addLabel="Add a permission"
      removeLabel={({ name }) => `Remove permission ${name}`}
      renderFields={({ name, description }, put, index) => (
        <>
          <TextInput
            aria-label={`Permission ${index + 1}`}
            placeholder="invoices:read"
            maxLength={100}
            value={name}
            error={errors[`permissions.${index}.name`] ?? errors[`permissions.${index}`]}
            onChange={({ currentTarget }) => put({ name: currentTarget.value.trim() })}
          />
          <TextInput
            aria-label={`What permission ${index + 1} permits`}
            placeholder="What it permits"
            maxLength={500}
            value={description}
            onChange={({ currentTarget }) => put({ description: currentTarget.value })}
          />
        </>
      )}
    />
  </Input.Wrapper>
);

/** Lines that were left empty are none. */
export const withoutEmpty = (lines: readonly ApiPermission[]): ApiPermission[] =>
  lines.filter(({ name }) => name !== "");
