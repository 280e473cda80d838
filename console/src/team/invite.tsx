import type { User } from "@countersign/protocol/admin/users.ts";
import { Button, Group, Modal, Stack, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";
import { request } from "../api/request.ts";
import { usersPath, useTeamChange } from "../api/users.ts";
import { RoleFields, type ChosenRoles } from "../app-clients/role-fields.tsx";
import { Problem } from "../parts/problem.tsx";
import { SignInLink } from "./sign-in-link.tsx";

/** Somebody new in the team. */
export function Invite({ onClose }: { onClose: () => void }) {
  const [made, setMade] = useState<User>();
  return (
    <Modal
      opened
      onClose={onClose}
      title={made === undefined ? "Invite somebody" : `${made.email} is invited`}
      closeOnClickOutside={made === undefined}
      closeOnEscape={made === undefined}
    >
      {made === undefined ? (
        <Form onMade={setMade} onClose={onClose} />
      ) : (
        <SignInLink user={made} onClose={onClose} />
      )}
    </Modal>
  );
}

function Form({ onMade, onClose }: { onMade: (made: User) => void; onClose: () => void }) {
  const [email, setEmail] = useState("");
  const [name, setName] = useState("");
  const [roles, setRoles] = useState<ChosenRoles>({ api_roles: [], corpus_roles: [] });
  const invite = useTeamChange(async () => {
    const called = name.trim() === "" ? {} : { name: name.trim() };
    const body = { email: email.trim(), ...called, ...roles };
    onMade(await request<User>("POST", usersPath, { body }));
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    invite.mutate(undefined);
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput
          label="E-mail"
          type="email"
          required
          data-autofocus
          value={email}
          onChange={({ currentTarget }) => setEmail(currentTarget.value)}
        />
        <TextInput
          label="Name"
          description="How the person is called."
          maxLength={200}
          value={name}
          onChange={({ currentTarget }) => setName(currentTarget.value)}
        />
        <RoleFields
          value={roles}
          onChange={setRoles}
          hint="What the person may do in the whole account, here and with keys of their own."
        />
        <Problem error={invite.error} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={invite.isPending} disabled={email.trim() === ""}>
            Invite
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
