import type { User } from "@countersign/protocol/admin/users.ts";
import { Button, Group, Modal, Stack, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";
import { changeUser, useTeamChange } from "../api/users.ts";
import { RoleFields, type ChosenRoles } from "../app-clients/role-fields.tsx";
import { Problem } from "../parts/problem.tsx";

/** Who somebody is, and what they may do. Obeyed at once, also by sessions and keys that are open. */
export function EditPerson({ user, onClose }: { user: User; onClose: () => void }) {
  const { api_roles, corpus_roles } = user;
  const [name, setName] = useState(user.name ?? "");
  const [roles, setRoles] = useState<ChosenRoles>({ api_roles, corpus_roles });
  const save = useTeamChange(async () => {
    await changeUser(user, { name: name.trim(), ...roles });
    onClose();
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    save.mutate(undefined);
  };
  return (
    <Modal opened onClose={onClose} title={user.email}>
      <form onSubmit={submit}>
        <Stack>
          <TextInput
            label="Name"
            maxLength={200}
            value={name}
            onChange={({ currentTarget }) => setName(currentTarget.value)}
          />
          <RoleFields
            value={roles}
            onChange={setRoles}
            hint="What the person may do in the whole account. A change is obeyed at once."
          />
          <Problem error={save.error} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={save.isPending}>
              Save
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
