import type { Role } from "@countersign/protocol/admin/roles.ts";
import { Badge, Button, Group, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useParams } from "react-router";
import { request, type Versioned } from "../api/request.ts";
import { rolePath, roleQuery, useAccessChange } from "../api/roles.ts";
import { useMay } from "../api/session.ts";
import { BackLink } from "../parts/back-link.tsx";
import { useDeletion } from "../parts/confirm-delete.tsx";
import { Editing, useReopen } from "../parts/editing.tsx";
import { DescriptionField } from "../parts/name-field.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Panel } from "../parts/panel.tsx";
import { PendingPage } from "../parts/pending.tsx";
import { inWords } from "../parts/role-badges.tsx";
import { CreateRoleForm } from "./create-role.tsx";
import { PermissionBadges } from "./permission-badges.tsx";
import { PermissionPicker } from "./permission-picker.tsx";
import { RoleHolders } from "./role-holders.tsx";
import { ReviewChange } from "./role-impact.tsx";

/** `/roles/:name`: what a role permits, and who has it. */
export function RolePage() {
  const { name = "" } = useParams();
  const query = useQuery(roleQuery(name));
  const role = query.data;
  if (role === undefined) return <PendingPage title={inWords(name)} above={back} query={query} />;
  return <Loaded role={role} />;
}

const back = <BackLink to="/roles">Roles and APIs</BackLink>;

function Loaded({ role }: { role: Versioned<Role> }) {
  const may = useMay();
  const [open, setOpen] = useState<"delete" | "copy">();
  const remove = useDeletion({
    path: rolePath(role.name),
    isForced: true,
    leaveTo: "/roles",
    done: `${inWords(role.name)} is deleted.`,
  });
  const mayWrite = may("roles:write");
  const close = (): void => setOpen(undefined);
  return (
    <>
      <PageHead
        title={inWords(role.name)}
        above={back}
        lead={
          <>
            <Badge mr={8} color={role.built_in ? "gray" : "accent"} autoContrast>
              {role.built_in ? "Built in" : "Your own"}
            </Badge>
            <code>{role.name}</code> {role.description}
          </>
        }
        actions={
          mayWrite && (
            <>
              <Button variant="default" onClick={() => setOpen("copy")}>
                Make one like it
              </Button>
              {!role.built_in && (
                <Button variant="default" c="var(--bad)" onClick={() => setOpen("delete")}>
                  Delete
                </Button>
              )}
            </>
          )
        }
      />
      {mayWrite && !role.built_in ? (
        <Editing thing={role}>{(opened) => <RoleSettings role={opened} />}</Editing>
      ) : (
        <Permitted role={role} />
      )}
      <RoleHolders role={role.name} />
      {open === "copy" && <CreateRoleForm from={role} onClose={close} />}
      {open === "delete" && (
        <ReviewChange
          role={role.name}
          change={{ deleted: true }}
          title={`Delete ${inWords(role.name)}?`}
          verb="Delete"
          act={remove}
          onClose={close}
        />
      )}
    </>
  );
}

const Permitted = ({ role }: { role: Role }) => (
  <Panel title="What it permits">
    <PermissionBadges names={role.permissions} />
    {Object.entries(role.permissions_on ?? {}).map(([type, names]) => (
      <div key={type}>
        <Text size="sm" c="dimmed" mt="md" mb={6}>
          On one {type}
        </Text>
        <PermissionBadges names={names} />
      </div>
    ))}
  </Panel>
);

function RoleSettings({ role }: { role: Versioned<Role> }) {
  const [description, setDescription] = useState(role.description);
  const [permissions, setPermissions] = useState(role.permissions);
  const [isReviewing, setReviewing] = useState(false);
  const save = useAccessChange(() =>
    request("PATCH", rolePath(role.name), {
      body: { description: description.trim(), permissions },
      ifMatch: role.etag,
    }),
  );
  const reopen = useReopen();
  const isChanged =
    description !== role.description ||
    permissions.toSorted().join() !== role.permissions.toSorted().join();
  const undo = (): void => {
    setDescription(role.description);
    setPermissions(role.permissions);
  };
  return (
    <Panel title="What it permits">
      <Stack>
        <DescriptionField value={description} onChange={setDescription} />
        <PermissionPicker value={permissions} onChange={setPermissions} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" disabled={!isChanged} onClick={undo}>
            Undo
          </Button>
          <Button disabled={!isChanged} onClick={() => setReviewing(true)}>
            Review and save
          </Button>
        </Group>
      </Stack>
      {isReviewing && (
        <ReviewChange
          role={role.name}
          change={{ permissions }}
          title={`Change ${inWords(role.name)}?`}
          verb="Save"
          act={async () => {
            await save.mutateAsync(undefined);
            notifications.show({ message: `${inWords(role.name)} is changed.` });
            reopen();
          }}
          onClose={() => setReviewing(false)}
        />
      )}
    </Panel>
  );
}
