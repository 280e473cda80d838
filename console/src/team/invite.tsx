import type { User } from "@countersign/protocol/admin/users.ts";
import { TextInput } from "@mantine/core";
import { useState } from "react";
import { useCreation } from "../api/creation.ts";
import { usersPath, useTeamChange } from "../api/users.ts";
import { RoleFields, type ChosenRoles } from "../app-clients/role-fields.tsx";
import { Form } from "../parts/form.tsx";
import { NameField } from "../parts/name-field.tsx";
import { OnceModal } from "../parts/once-modal.tsx";
import { SignInLink } from "./sign-in-link.tsx";

/** Somebody new in the team. */
export function Invite({ onClose }: { onClose: () => void }) {
  const [made, setMade] = useState<User>();
  return (
    <OnceModal
      isShowing={made !== undefined}
      onClose={onClose}
      title={made === undefined ? "Invite somebody" : `${made.email} is invited`}
    >
      {made === undefined ? (
        <InviteForm onMade={setMade} onClose={onClose} />
      ) : (
        <SignInLink user={made} onClose={onClose} />
      )}
    </OnceModal>
  );
}

function InviteForm({ onMade, onClose }: { onMade: (made: User) => void; onClose: () => void }) {
  const [email, setEmail] = useState("");
  const [name, setName] = useState("");
  const [roles, setRoles] = useState<ChosenRoles>({ api_roles: [], corpus_roles: [] });
  const createUser = useCreation<User>(usersPath);
  const invite = useTeamChange(async () => {
    const called = name.trim() === "" ? {} : { name: name.trim() };
    const body = { email: email.trim(), ...called, ...roles };
    onMade(await createUser(body));
  });
  return (
    <Form
      save={invite}
      verb="Invite"
      isReady={email.trim() !== ""}
      onSubmit={() => invite.mutate(undefined)}
      onCancel={onClose}
    >
      <TextInput
        label="E-mail"
        type="email"
        required
        data-autofocus
        value={email}
        onChange={({ currentTarget }) => setEmail(currentTarget.value)}
      />
      <NameField
        required={false}
        description="How the person is called."
        maxLength={200}
        value={name}
        onChange={setName}
      />
      <RoleFields
        value={roles}
        onChange={setRoles}
        hint="What the person may do in the whole account, here and with keys of their own."
      />
    </Form>
  );
}
