import type { ApiKey } from "@countersign/protocol/admin/api-keys.ts";
import {
  Alert,
  Button,
  Group,
  Modal,
  Radio,
  Stack,
  TagsInput,
  Text,
  TextInput,
} from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { request } from "../api/request.ts";
import { Icon } from "../parts/icon.tsx";
import { Problem } from "../parts/problem.tsx";
import { SecretField } from "../parts/secret-field.tsx";

/** A new API key, shown this once. */

export const apiKeysPath = "/v2/api_keys";

export function CreateApiKey({ onClose }: { onClose: () => void }) {
  const [made, setMade] = useState<ApiKey>();
  return (
    <Modal
      opened
      onClose={onClose}
      title={made === undefined ? "Create API key" : `${made.name} is ready`}
      closeOnClickOutside={made === undefined}
      closeOnEscape={made === undefined}
    >
      {made === undefined ? (
        <Form onMade={setMade} onClose={onClose} />
      ) : (
        <Stack>
          <Text>Copy it now: it is shown this once, and cannot be read again.</Text>
          <SecretField secret={made.secret_key ?? ""} what="API key" />
          <Group justify="flex-end">
            <Button onClick={onClose}>I have kept it</Button>
          </Group>
        </Stack>
      )}
    </Modal>
  );
}

const kinds = [
  { value: "serving", label: "Query", hint: "Reads and searches the corpora that you name." },
  {
    value: "serving_and_indexing",
    label: "Query and index",
    hint: "Also adds and deletes their documents.",
  },
  { value: "personal", label: "Personal", hint: "Does nearly everything that you may do." },
];

function Form({ onMade, onClose }: { onMade: (made: ApiKey) => void; onClose: () => void }) {
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const [kind, setKind] = useState("serving");
  const [corpora, setCorpora] = useState<string[]>([]);
  const isPersonal = kind === "personal";
  const create = useMutation({
    mutationFn: () =>
      request<ApiKey>("POST", apiKeysPath, {
        body: {
          name: name.trim(),
          api_key_role: kind,
          ...(isPersonal ? {} : { corpus_keys: corpora }),
        },
      }),
    onSuccess: async (made) => {
      onMade(made);
      await queries.invalidateQueries({ queryKey: [apiKeysPath] });
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    create.mutate();
  };
  const isReady = name.trim() !== "" && (isPersonal || corpora.length > 0);
  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput
          label="Name"
          required
          maxLength={255}
          data-autofocus
          value={name}
          onChange={({ currentTarget }) => setName(currentTarget.value)}
        />
        <Radio.Group label="What it may do" value={kind} onChange={setKind}>
          <Stack gap={8} mt={8}>
            {kinds.map(({ value, label, hint }) => (
              <Radio key={value} value={value} label={label} description={hint} />
            ))}
          </Stack>
        </Radio.Group>
        {isPersonal ? (
          <Alert color="yellow" icon={<Icon name="warning" />}>
            Whoever finds this key is you, until you delete it. A program in production should be an
            app client.
          </Alert>
        ) : (
          <TagsInput
            label="Corpora"
            description="By key. A corpus that is made later needs another key."
            placeholder={corpora.length === 0 ? "Type a key and press Enter" : ""}
            required
            value={corpora}
            onChange={setCorpora}
            acceptValueOnBlur
          />
        )}
        <Problem error={create.error} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={create.isPending} disabled={!isReady}>
            Create
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
