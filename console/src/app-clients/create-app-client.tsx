import type { AppClient } from "@countersign/protocol/admin/app-clients.ts";
import { Button, Group, Input, SegmentedControl, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { useNavigate } from "react-router";
import { useAddresses } from "../api/addresses.ts";
import { clientsPath, useClientChange } from "../api/app-clients.ts";
import { useCreation } from "../api/creation.ts";
import { fieldErrorsOf } from "../api/request.ts";
import { Form } from "../parts/form.tsx";
import { DescriptionField, NameField } from "../parts/name-field.tsx";
import { OnceModal } from "../parts/once-modal.tsx";
import { SecretField, ValueField } from "../parts/secret-field.tsx";
import { linesOf, RedirectAddresses } from "./redirect-addresses.tsx";
import { RoleFields, type ChosenRoles } from "./role-fields.tsx";

/** A new app client: what it is and may do, and then the three values that a program needs. */
export function CreateAppClient({ onClose }: { onClose: () => void }) {
  const [made, setMade] = useState<AppClient>();
  return (
    <OnceModal
      isShowing={made !== undefined}
      onClose={onClose}
      size="lg"
      title={made === undefined ? "Create app client" : `${made.name} is ready`}
    >
      {made === undefined ? (
        <CreateForm onMade={setMade} onClose={onClose} />
      ) : (
        <Made client={made} onClose={onClose} />
      )}
    </OnceModal>
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
  const create = useClientChange(useCreation<AppClient>(clientsPath));
  const isForPeople = type === "authorization_code";
  const errors = fieldErrorsOf(create.error);
  const submit = (): void => {
    const body = {
      name: name.trim(),
      description: description.trim(),
      type,
      api_roles: roles.api_roles,
      corpus_roles: roles.corpus_roles.filter(({ corpus_key: key }) => key !== ""),
      ...(isForPeople ? { redirect_uris: linesOf(redirectUris) } : {}),
    };
    create.mutate(body, { onSuccess: onMade });
  };
  return (
    <Form
      save={create}
      verb="Create"
      isReady={name.trim() !== ""}
      onSubmit={submit}
      onCancel={onClose}
    >
      <NameField data-autofocus value={name} error={errors["name"]} onChange={setName} />
      <DescriptionField
        placeholder="What it does, and who looks after it"
        value={description}
        onChange={setDescription}
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
        <RedirectAddresses
          required
          value={redirectUris}
          error={errors["redirect_uris"]}
          onChange={setRedirectUris}
        />
      )}
    </Form>
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
