import type { Api, CreateApi } from "@countersign/protocol/admin/apis.ts";
import { Button, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";
import { useNavigate } from "react-router";
import { ApiProblem, request } from "../api/request.ts";
import { apisPath, useAccessChange } from "../api/roles.ts";
import { Problem } from "../parts/problem.tsx";
import { PermissionLines, withoutEmpty } from "./permission-lines.tsx";
import { VerifierSecret } from "./verifier.tsx";

/** One more API: who its tokens are for, and what they can say. */
export function CreateApiForm({ onClose }: { onClose: () => void }) {
  const [made, setMade] = useState<Api>();
  const navigate = useNavigate();
  const done = (): void => void navigate(`/apis/${made?.id}`);
  return (
    <Modal
      opened
      onClose={made === undefined ? onClose : done}
      size="lg"
      title={made === undefined ? "Register API" : `${made.name} is registered`}
      closeOnClickOutside={made === undefined}
    >
      {made === undefined ? (
        <Form onMade={setMade} onClose={onClose} />
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
    </Modal>
  );
}

function Form({ onMade, onClose }: { onMade: (made: Api) => void; onClose: () => void }) {
  const [name, setName] = useState("");
  const [audience, setAudience] = useState("");
  const [permissions, setPermissions] = useState([{ name: "", description: "" }]);
  const create = useAccessChange((body: CreateApi) => request<Api>("POST", apisPath, { body }));
  const errors = create.error instanceof ApiProblem ? create.error.fieldErrors : {};
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const body = {
      name: name.trim(),
      audience: audience.trim(),
      permissions: withoutEmpty(permissions),
    };
    create.mutate(body, { onSuccess: onMade });
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput
          label="Name"
          required
          maxLength={255}
          data-autofocus
          value={name}
          error={errors["name"]}
          onChange={({ currentTarget }) => setName(currentTarget.value)}
        />
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
        <Problem error={create.error} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button
            type="submit"
            loading={create.isPending}
            disabled={name.trim() === "" || audience.trim() === ""}
          >
            Register
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
