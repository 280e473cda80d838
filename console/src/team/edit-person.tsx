import type { User } from "@countersign/protocol/admin/users.ts";
import { useState } from "react";
import { changeUser, useTeamChange } from "../api/users.ts";
import { RoleFields, type ChosenRoles } from "../app-clients/role-fields.tsx";
import { Form } from "../parts/form.tsx";
import { NameField } from "../parts/name-field.tsx";
import { Dialog } from "../parts/dialog.tsx";

/** Who somebody is, and what they may do. Obeyed at once, also by sessions and keys that are open. */
export function EditPerson({ user, onClose }: { user: User; onClose: () => void }) {
  const { api_roles, corpus_roles } = user;
  const [name, setName] = useState(user.name ?? "");
  const [roles, setRoles] = useState<ChosenRoles>({ api_roles, corpus_roles });
  const save = useTeamChange(async () => {
    await changeUser(user, { name: name.trim(), ...roles });
    onClose();
  });
  return (
    <Dialog onClose={onClose} title={user.email}>
      <Form save={save} verb="Save" onSubmit={() => save.mutate(undefined)} onCancel={onClose}>
        <NameField required={false} maxLength={200} value={name} onChange={setName} />
        <RoleFields
          value={roles}
          onChange={setRoles}
          hint="What the person may do in the whole account. A change is obeyed at once."
        />
      </Form>
    </Dialog>
  );
}
