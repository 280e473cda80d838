import type { RolePage } from "@countersign/protocol/admin/roles.ts";
import { corpusRoleNames } from "@countersign/protocol/roles.ts";
import {
  ActionIcon,
  Button,
  Group,
  Input,
  MultiSelect,
  Select,
  Stack,
  Text,
  TextInput,
} from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { read } from "../api/request.ts";
import { Icon } from "../parts/icon.tsx";
import { inWords } from "../parts/role-badges.tsx";

/** What an app client or a person may do: for the whole account, and with single corpora. */

export interface ChosenRoles {
  api_roles: string[];
  corpus_roles: { corpus_key: string; role: string }[];
}

export function RoleFields({
  value,
  onChange,
  hint = "What it may do in the whole account. Without any role it gets tokens that permit nothing.",
}: {
  value: ChosenRoles;
  onChange: (value: ChosenRoles) => void;
  hint?: string;
}) {
  const roles = useQuery({
    queryKey: ["/v2/roles", "choices"],
    queryFn: read<RolePage>("/v2/roles", { limit: 100 }),
    staleTime: 60_000,
  });
  const known = roles.data?.roles.filter(isForAccount) ?? [];
  const descriptions = new Map(known.map(({ name, description }) => [name, description]));
  return (
    <Stack gap="sm">
      <MultiSelect
        label="Roles"
        description={hint}
        placeholder={value.api_roles.length === 0 ? "Choose roles" : ""}
        data={known.map(({ name }) => ({ value: name, label: inWords(name) }))}
        value={value.api_roles}
        onChange={(names) => onChange({ ...value, api_roles: names })}
        searchable
        hidePickedOptions
        nothingFoundMessage="No role has such a name"
        renderOption={({ option }) => (
          <div>
            <Text size="sm">{option.label}</Text>
            <Text size="xs" c="dimmed">
              {descriptions.get(option.value)}
            </Text>
          </div>
        )}
      />
      <CorpusRoles
        value={value.corpus_roles}
        onChange={(bindings) => onChange({ ...value, corpus_roles: bindings })}
      />
    </Stack>
  );
}

const isForAccount = ({ resource_types: types }: { resource_types?: string[] }): boolean =>
  types === undefined || types.includes("account");

function CorpusRoles({
  value,
  onChange,
}: {
  value: ChosenRoles["corpus_roles"];
  onChange: (value: ChosenRoles["corpus_roles"]) => void;
}) {
  const put = (index: number, next: Partial<ChosenRoles["corpus_roles"][number]>): void =>
    onChange(value.map((one, at) => (at === index ? { ...one, ...next } : one)));
  return (
    <Input.Wrapper
      label="Roles on single corpora"
      description="Narrower than a role above: only with the corpora that you name."
    >
      <Stack gap={6} mt={6}>
        {value.map(({ corpus_key: key, role }, index) => (
          <Group key={index} gap={6} wrap="nowrap">
            <TextInput
              flex={1}
              aria-label="Corpus key"
              placeholder="Corpus key"
              value={key}
              onChange={({ currentTarget }) => put(index, { corpus_key: currentTarget.value })}
            />
            <Select
              w={150}
              aria-label={`Role on ${key === "" ? "the corpus" : key}`}
              data={corpusRoleNames.map((name) => ({ value: name, label: inWords(name) }))}
              value={role}
              onChange={(next) => put(index, { role: next ?? role })}
            />
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label="Remove this role"
              onClick={() => onChange(value.filter((_, at) => at !== index))}
            >
              <Icon name="close" />
            </ActionIcon>
          </Group>
        ))}
        <Button
          variant="subtle"
          size="compact-sm"
          w="fit-content"
          leftSection={<Icon name="plus" size={14} />}
          onClick={() => onChange([...value, { corpus_key: "", role: "viewer" }])}
        >
          Add a corpus
        </Button>
      </Stack>
    </Input.Wrapper>
  );
}
