import type { RolePage } from "@countersign/protocol/admin/roles.ts";
import { corpusRoleNames } from "@countersign/protocol/roles.ts";
import { Input, MultiSelect, Select, Stack, Text, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { read } from "../api/request.ts";
import { Lines } from "../parts/lines.tsx";
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

const CorpusRoles = ({
  value,
  onChange,
}: {
  value: ChosenRoles["corpus_roles"];
  onChange: (value: ChosenRoles["corpus_roles"]) => void;
}) => (
  <Input.Wrapper
    label="Roles on single corpora"
    labelElement="div"
    description="Narrower than a role above: only with the corpora that you name."
  >
    <Lines
      value={value}
      onChange={onChange}
      empty={{ corpus_key: "", role: "viewer" }}
      addLabel="Add a corpus"
      removeLabel={() => "Remove this role"}
      renderFields={({ corpus_key: key, role }, put) => (
        <>
          <TextInput
            flex={1}
            aria-label="Corpus key"
            placeholder="Corpus key"
            value={key}
            onChange={({ currentTarget }) => put({ corpus_key: currentTarget.value })}
          />
          <Select
            flex="0 0 150px"
            aria-label={`Role on ${key === "" ? "the corpus" : key}`}
            data={corpusRoleNames.map((name) => ({ value: name, label: inWords(name) }))}
            value={role}
            onChange={(next) => put({ role: next ?? role })}
          />
        </>
      )}
    />
  </Input.Wrapper>
);
