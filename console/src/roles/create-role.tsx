import type { CreateRole, Role } from "@countersign/protocol/admin/roles.ts";
import { roleNamePattern } from "@countersign/protocol/roles.ts";
import { Button, Group, Modal, Stack, Textarea, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";
import { useNavigate } from "react-router";
import { ApiProblem, request } from "../api/request.ts";
import { rolesPath, useAccessChange } from "../api/roles.ts";
import { Problem } from "../parts/problem.tsx";
import { PermissionPicker } from "./permission-picker.tsx";

/** A role of the account's own. `from` is one to begin with. */
export function CreateRoleForm({ from, onClose }: { from?: Role; onClose: () => void }) {
  const navigate = useNavigate();
  const [name, setName] = useState("");
  const [description, setDescription] = useState(from?.description ?? "");
  const [permissions, setPermissions] = useState<string[]>(from?.permissions ?? []);
  const create = useAccessChange((body: CreateRole) => request<Role>("POST", rolesPath, { body }));
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const body = { name, description: description.trim(), permissions };
    create.mutate(body, { onSuccess: (made) => void navigate(`/roles/${made.name}`) });
  };
  const isNamed = new RegExp(roleNamePattern).test(name);
  const fieldErrors = create.error instanceof ApiProblem ? create.error.fieldErrors : {};
  return (
    <Modal opened onClose={onClose} size="lg" title="Create role">
      <form onSubmit={submit}>
        <Stack>
          <TextInput
            label="Name"
            description="Small letters, digits and underscores. It cannot be changed later."
            placeholder="invoice_clerk"
            required
            maxLength={50}
            data-autofocus
            value={name}
            error={
              fieldErrors["name"] ??
              (name.length > 1 && !isNamed && "Begin with a letter, and use only a–z, 0–9 and _")
            }
            onChange={({ currentTarget }) => setName(currentTarget.value)}
          />
          <Textarea
            label="Description"
            autosize
            minRows={1}
            maxRows={4}
            maxLength={2000}
            placeholder="Who should have it, and what for"
            value={description}
            onChange={({ currentTarget }) => setDescription(currentTarget.value)}
          />
          <PermissionPicker value={permissions} onChange={setPermissions} />
          <Problem error={create.error} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={create.isPending} disabled={!isNamed}>
              Create
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
