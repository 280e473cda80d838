import { Checkbox, Group, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { useCatalogue, type PermissionGroup } from "../api/roles.ts";
import { Icon } from "../parts/icon.tsx";
import css from "./roles.module.css";

/** All permissions there are, to be ticked off, with what each means. */
export function PermissionPicker({
  value,
  onChange,
}: {
  value: readonly string[];
  onChange: (value: string[]) => void;
}) {
  const [search, setSearch] = useState("");
  const catalogue = useCatalogue();
  const known = new Set(catalogue.flatMap((group) => group.permissions.map(({ name }) => name)));
  const gone = value.filter((name) => !known.has(name));
  const groups: PermissionGroup[] = [
    ...catalogue,
    { of: "No API has these any more", permissions: gone.map(nameless) },
  ];
  const wanted = search.trim().toLowerCase();
  const isWanted = ({ name, description }: { name: string; description: string }): boolean =>
    wanted === "" || `${name} ${description}`.toLowerCase().includes(wanted);
  const toggle = (name: string, isChosen: boolean): void =>
    onChange(isChosen ? [...value, name] : value.filter((one) => one !== name));
  const shown = groups
    .map(({ of, permissions }) => ({ of, permissions: permissions.filter(isWanted) }))
    .filter(({ permissions }) => permissions.length > 0);
  return (
    <fieldset className={css["picker"]}>
      <legend>Permissions</legend>
      <Group justify="space-between" mb={8}>
        <TextInput
          aria-label="Search permissions"
          placeholder="Search permissions"
          leftSection={<Icon name="search" size={16} />}
          value={search}
          onChange={({ currentTarget }) => setSearch(currentTarget.value)}
        />
        <Text size="sm" c="dimmed" role="status">
          {value.length} chosen
        </Text>
      </Group>
      <div className={css["choices"]}>
        {shown.map(({ of, permissions }) => (
          <div key={of}>
            <h3 className={css["groupName"]}>{of}</h3>
            <div className={css["grid"]}>
              {permissions.map(({ name, description }) => (
                <Checkbox
                  key={name}
                  className={css["choice"]}
                  label={<code>{name}</code>}
                  description={description}
                  checked={value.includes(name)}
                  onChange={({ currentTarget }) => toggle(name, currentTarget.checked)}
                />
              ))}
            </div>
          </div>
        ))}
        {shown.length === 0 && (
          <Text size="sm" c="dimmed" p="md">
            No permission is called so, or means that.
          </Text>
        )}
      </div>
    </fieldset>
  );
}

const nameless = (name: string) => ({ name, description: "" });
