import type { ApiKey } from "@countersign/protocol/admin/api-keys.ts";
import { Alert, Button, Group, Radio, Stack, TagsInput, Text } from "@mantine/core";
import { useState } from "react";
import { useChange } from "../api/change.ts";
import { useCreation } from "../api/creation.ts";
import { Form } from "../parts/form.tsx";
import { Icon } from "../parts/icon.tsx";
import { NameField } from "../parts/name-field.tsx";
import { OnceModal } from "../parts/once-modal.tsx";
import { SecretField } from "../parts/secret-field.tsx";

/** A new API key, shown this once. */

export const apiKeysPath = "/v2/api_keys";

export function CreateApiKey({ onClose }: { onClose: () => void }) {
  const [made, setMade] = useState<ApiKey>();
  return (
    <OnceModal
      isShowing={made !== undefined}
      onClose={onClose}
      title={made === undefined ? "Create API key" : `${made.name} is ready`}
    >
      {made === undefined ? (
        <CreateForm onMade={setMade} onClose={onClose} />
      ) : (
        <Stack>
          <Text>Copy it now: it is shown this once, and cannot be read again.</Text>
          <SecretField secret={made.secret_key ?? ""} what="API key" />
          <Group justify="flex-end">
            <Button onClick={onClose}>I have kept it</Button>
          </Group>
        </Stack>
      )}
    </OnceModal>
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

function CreateForm({ onMade, onClose }: { onMade: (made: ApiKey) => void; onClose: () => void }) {
  const [name, setName] = useState("");
  const [kind, setKind] = useState("serving");
  const [corpora, setCorpora] = useState<string[]>([]);
  const isPersonal = kind === "personal";
  const createKey = useCreation<ApiKey>(apiKeysPath);
  const create = useChange(async () => {
    const itsCorpora = isPersonal ? {} : { corpus_keys: corpora };
    const body = { name: name.trim(), api_key_role: kind, ...itsCorpora };
    onMade(await createKey(body));
  }, [apiKeysPath]);
  return (
    <Form
      save={create}
      verb="Create"
      isReady={name.trim() !== "" && (isPersonal || corpora.length > 0)}
      onSubmit={() => create.mutate(undefined)}
      onCancel={onClose}
    >
      <NameField data-autofocus value={name} onChange={setName} />
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
    </Form>
  );
}
