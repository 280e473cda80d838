import type { AppClient } from "@countersign/protocol/admin/app-clients.ts";
import {
  Button,
  Group,
  Modal,
  SegmentedControl,
  Stack,
  Text,
  Textarea,
  TextInput,
  Input,
} from "@mantine/core";
import { useState, type FormEvent } from "react";
import { useNavigate } from "react-router";
import { useAddresses } from "../api/addresses.ts";
import { clientsPath, useClientChange } from "../api/app-clients.ts";
import { ApiProblem, request } from "../api/request.ts";
import { Problem } from "../parts/problem.tsx";
import { SecretField, ValueField } from "../parts/secret-field.tsx";
import { RoleFields, type ChosenRoles } from "./role-fields.tsx";

/** A new app client: what it is and may do, and then the three values that a program needs. */
export function CreateAppClient({ onClose }: { onClose: () => void }) {
  const [made, setMade] = useState<AppClient>();
  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      title={made === undefined ? "Create app client" : `${made.name} is ready`}
      closeOnClickOutside={made === undefined}
    >
      {made === undefined ? (
        <CreateForm onMade={setMade} onClose={onClose} />
      ) : (
        <Made client={made} onClose={onClose} />
      )}
    </Modal>
  );
}

const grants = [
  { value: "client_credentials", label: "Client credentials" },
  { value: "authorization_code", label: "Authorization code" },
];
const grantHints: Readonly<Record<string, string>> = {
  client_credentials: "A program that calls your API for itself. What nearly everybody wants.",
  authorization_code: "An app that people sign in to, and that acts for them.",
};

function CreateForm({
  onMade,
  onClose,
}: {
  onMade: (made: AppClient) => void;
  onClose: () => void;
}) {
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const [type, setType] = useState("client_credentials");
  const [redirectUris, setRedirectUris] = useState("");
  const [roles, setRoles] = useState<ChosenRoles>({ api_roles: [], corpus_roles: [] });
  const create = useClientChange((body: unknown) =>
    request<AppClient>("POST", clientsPath, { body }),
  );
  const isForPeople = type === "authorization_code";
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const uris = redirectUris
      .split("\n")
      .map((uri) => uri.trim())
      .filter(Boolean);
    const body = {
      name: name.trim(),
      description: description.trim(),
      type,
      api_roles: roles.api_roles,
      corpus_roles: roles.corpus_roles.filter(({ corpus_key: key }) => key !== ""),
      ...(isForPeople ? { redirect_uris: uris } : {}),
    };
    create.mutate(body, { onSuccess: onMade });
  };
  const fieldErrors = create.error instanceof ApiProblem ? create.error.fieldErrors : {};
  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput
          label="Name"
          required
          maxLength={255}
          data-autofocus
          value={name}
          error={fieldErrors["name"]}
          onChange={({ currentTarget }) => setName(currentTarget.value)}
        />
        <Textarea
          label="Description"
          autosize
          minRows={1}
          maxRows={5}
          maxLength={2000}
          placeholder="What it does, and who looks after it"
          value={description}
          onChange={({ currentTarget }) => setDescription(currentTarget.value)}
        />
        <RoleFields value={roles} onChange={setRoles} />
        <Input.Wrapper label="Grant" description={grantHints[type]} labelElement="div">
          <SegmentedControl
            mt={6}
            fullWidth
            aria-label="Grant"
            data={grants}
            value={type}
            onChange={setType}
          />
        </Input.Wrapper>
        {isForPeople && (
          <Textarea
            label="Redirect addresses"
            description="One on each line; they are compared exactly."
            required
            autosize
            minRows={2}
            value={redirectUris}
            error={fieldErrors["redirect_uris"]}
            onChange={({ currentTarget }) => setRedirectUris(currentTarget.value)}
          />
        )}
        <Problem error={create.error} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={create.isPending} disabled={name.trim() === ""}>
            Create
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function Made({ client, onClose }: { client: AppClient; onClose: () => void }) {
  const addresses = useAddresses();
  const navigate = useNavigate();
  return (
    <Stack>
      <Text c="dimmed">
        These three values are all that a program needs. Put the secret where your secrets are; it
        can be copied again later, after a recent sign-in.
      </Text>
      <Value label="OAuth 2.0 authentication URL">
        <ValueField value={addresses?.tokenUrl ?? "…"} what="authentication URL" />
      </Value>
      <Value label="Client ID">
        <ValueField value={client.client_id} what="client ID" />
      </Value>
      {client.client_secret !== undefined && (
        <Value label="Client secret">
          <SecretField secret={client.client_secret} what="client secret" />
        </Value>
      )}
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={onClose}>
          Done
        </Button>
        <Button
          data-autofocus
          onClick={() => void navigate(`/apiAccess/appClients/${client.id}/examples`)}
        >
          Show me the first call
        </Button>
      </Group>
    </Stack>
  );
}

const Value = ({ label, children }: { label: string; children: React.ReactNode }) => (
  <div>
    <Text size="xs" c="dimmed" mb={4}>
      {label}
    </Text>
    {children}
  </div>
);
