import type { CreateRole, Role } from "@countersign/protocol/admin/roles.ts";
import { roleNamePattern } from "@countersign/protocol/roles.ts";
import { useState } from "react";
import { useNavigate } from "react-router";
import { useCreation } from "../api/creation.ts";
import { fieldErrorsOf } from "../api/request.ts";
import { rolesPath, useAccessChange } from "../api/roles.ts";
import { Form } from "../parts/form.tsx";
import { DescriptionField, NameField } from "../parts/name-field.tsx";
import { PermissionPicker } from "./permission-picker.tsx";
import { Dialog } from "../parts/dialog.tsx";

/** A role of the account's own. `from` is one to begin with. */
export function CreateRoleForm({ from, onClose }: { from?: Role; onClose: () => void }) {
  const navigate = useNavigate();
  const [name, setName] = useState("");
  const [description, setDescription] = useState(from?.description ?? "");
  const [permissions, setPermissions] = useState<string[]>(from?.permissions ?? []);
  const create = useAccessChange(useCreation<Role>(rolesPath));
  const submit = (): void => {
    const body: CreateRole = { name, description: description.trim(), permissions };
    create.mutate(body, { onSuccess: (made) => void navigate(`/roles/${made.name}`) });
  };
  const isNamed = new RegExp(roleNamePattern).test(name);
  return (
    <Dialog onClose={onClose} size="lg" title="Create role">
      <Form save={create} verb="Create" isReady={isNamed} onSubmit={submit} onCancel={onClose}>
        <NameField
          description="Small letters, digits and underscores. It cannot be changed later."
          placeholder="invoice_clerk"
          maxLength={50}
          data-autofocus
          value={name}
          error={fieldErrorsOf(create.error)["name"] ?? (name.length > 1 && !isNamed && notSo)}
          onChange={setName}
        />
        <DescriptionField
          placeholder="Who should have it, and what for"
          value={description}
          onChange={setDescription}
        />
        <PermissionPicker value={permissions} onChange={setPermissions} />
      </Form>
    </Dialog>
  );
}

const notSo = "Begin with a letter, and use only a–z, 0–9 and _";
