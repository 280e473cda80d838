import type { ApiPermission } from "@countersign/protocol/admin/apis.ts";
import { ActionIcon, Button, Input, TextInput } from "@mantine/core";
import { Icon } from "../parts/icon.tsx";
import css from "../roles/roles.module.css";

/** What may be done with an API: a name and what it means, line by line. */
export function PermissionLines({
  value,
  errors,
  onChange,
}: {
  value: readonly ApiPermission[];
  errors: Readonly<Record<string, string>>;
  onChange: (value: ApiPermission[]) => void;
}) {
  const put = (index: number, own: Partial<ApiPermission>): void =>
    onChange(value.map((one, at) => (at === index ? { ...one, ...own } : one)));
  return (
    <Input.Wrapper
      label="Permissions"
      labelElement="div"
      description="What its tokens can say, as plural:verb, for example invoices:read."
    >
      <div className={css["lines"]}>
        {value.map(({ name, description }, index) => (
          <div key={index} className={css["line"]}>
            <TextInput
              aria-label={`Permission ${index + 1}`}
              placeholder="invoices:read"
              maxLength={100}
              value={name}
              error={errors[`permissions.${index}.name`] ?? errors[`permissions.${index}`]}
              onChange={({ currentTarget }) => put(index, { name: currentTarget.value.trim() })}
            />
            <TextInput
              aria-label={`What permission ${index + 1} permits`}
              placeholder="What it permits"
              maxLength={500}
              value={description}
              onChange={({ currentTarget }) => put(index, { description: currentTarget.value })}
            />
            <ActionIcon
              variant="subtle"
              color="gray"
              size={36}
              aria-label={`Remove permission ${name}`}
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
          onClick={() => onChange([...value, { name: "", description: "" }])}
        >
          Add a permission
        </Button>
      </div>
    </Input.Wrapper>
  );
}

/** Lines that were left empty are none. */
export const withoutEmpty = (lines: readonly ApiPermission[]): ApiPermission[] =>
  lines.filter(({ name }) => name !== "");
