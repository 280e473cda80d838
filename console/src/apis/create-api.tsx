import type { Api, CreateApi } from "@countersign/protocol/admin/apis.ts";
import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { useNavigate } from "react-router";
import { useCreation } from "../api/creation.ts";
import { fieldErrorsOf } from "../api/request.ts";
import { apisPath, useAccessChange } from "../api/roles.ts";
import { Form } from "../parts/form.tsx";
import { NameField } from "../parts/name-field.tsx";
import { OnceModal } from "../parts/once-modal.tsx";
import { PermissionLines, withoutEmpty } from "./permission-lines.tsx";
import { VerifierSecret } from "./verifier.tsx";

/** One more API: who its tokens are for, and what they can say. */
export function CreateApiForm({ onClose }: { onClose: () => void }) {
  const [made, setMade] = useState<Api>();
  const navigate = useNavigate();
  const done = (): void => void navigate(`/apis/${made?.id}`);
  return (
    <OnceModal
      isShowing={made !== undefined}
      onClose={made === undefined ? onClose : done}
      size="lg"
      title={made === undefined ? "Register API" : `${made.name} is registered`}
    >
      {made === undefined ? (
        <CreateForm onMade={setMade} onClose={onClose} />
      ) : (
        <Stack>
          <Text c="dimmed">
            It can verify tokens with the public keys alone. To ask about tokens instead
            (introspection), it signs in with these; the secret is shown this once.
          </Text>
          <VerifierSecret credential={made.verifier_credential} />
          <Group justify="flex-end">
            <Button onClick={done}>I have kept it</Button>
          </Group>
        </Stack>
      )}
    </OnceModal>
  );
}

function CreateForm({ onMade, onClose }: { onMade: (made: Api) => void; onClose: () => void }) {
  const [name, setName] = useState("");
  const [audience, setAudience] = useState("");
  const [permissions, setPermissions] = useState([{ name: "", description: "" }]);
  const create = useAccessChange(useCreation<Api>(apisPath));
  const errors = fieldErrorsOf(create.error);
  const submit = (): void => {
    const body: CreateApi = {
      name: name.trim(),
      audience: audience.trim(),
      permissions: withoutEmpty(permissions),
    };
    create.mutate(body, { onSuccess: onMade });
  };
  return (
    <Form
      save={create}
      verb="Register"
      isReady={name.trim() !== "" && audience.trim() !== ""}
      onSubmit={submit}
      onCancel={onClose}
    >
      <NameField data-autofocus value={name} error={errors["name"]} onChange={setName} />
      <TextInput
        label="Audience"
        description="A URI that names it in tokens; usually its address. It cannot be changed later."
        placeholder="https://api.example.com"
        required
        maxLength={255}
        value={audience}
        error={errors["audience"]}
        onChange={({ currentTarget }) => setAudience(currentTarget.value)}
      />
      <PermissionLines value={permissions} errors={errors} onChange={setPermissions} />
    </Form>
  );
}
