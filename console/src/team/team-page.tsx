import type { User, UserPage } from "@countersign/protocol/admin/users.ts";
import { Table, Text } from "@mantine/core";
import { useState } from "react";
import { anywhereIn } from "../api/filter.ts";
import { usePages } from "../api/pages.ts";
import { useMay, useSession } from "../api/session.ts";
import { usersPath } from "../api/users.ts";
import { AddButton } from "../parts/add-button.tsx";
import { Empty } from "../parts/empty.tsx";
import { Listing } from "../parts/listing.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Panel } from "../parts/panel.tsx";
import { RoleBadges } from "../parts/role-badges.tsx";
import { SearchField, useSearch } from "../parts/search-field.tsx";
import { Status } from "../parts/status.tsx";
import { Ago } from "../parts/time.tsx";
import { Toolbar } from "../parts/toolbar.tsx";
import { Invite } from "./invite.tsx";
import { PersonMenu } from "./person-menu.tsx";

/** `/team`: the people who may sign in here, and what each may do. */
export function TeamPage() {
  const may = useMay();
  const [isInviting, setInviting] = useState(false);
  const search = useSearch();
  const list = usePages<UserPage>(usersPath, {
    limit: 25,
    filter: anywhereIn(search.wanted),
  });
  return (
    <>
      <PageHead
        title="Team"
        lead="Who may sign in here. What is changed is obeyed at once, also where somebody is signed in."
        actions={
          may("users:write") && <AddButton onClick={() => setInviting(true)}>Invite</AddButton>
        }
      />
      <Toolbar>
        <SearchField label="Search by name or e-mail" maxLength={90} search={search} />
      </Toolbar>
      <Panel isFlush>
        <Listing
          label="Team"
          columns={columns}
          rows={list.data?.users}
          list={list}
          expectedRows={3}
          empty={
            search.wanted === "" ? (
              <Empty icon="person" title="Nobody yet">
                Invite somebody: you get a link to pass on.
              </Empty>
            ) : (
              <Empty icon="search" title="Nobody is called so">
                Names and e-mail addresses are searched anywhere in them, without regard to case.
              </Empty>
            )
          }
          renderRow={(user) => <Row key={user.id} user={user} />}
        />
      </Panel>
      {isInviting && <Invite onClose={() => setInviting(false)} />}
    </>
  );
}

const columns = [
  { label: "Person" },
  { label: "Roles" },
  { label: "Since", className: "not-narrow" },
  { label: "Status", className: "not-narrow" },
  { label: "Actions", isHidden: true, width: 56 },
];

function Row({ user }: { user: User }) {
  const isSelf = useSession().user.id === user.id;
  const { name = "", email } = user;
  return (
    <Table.Tr>
      <Table.Td>
        <Text fw={600}>
          {name === "" ? email : name}
          {isSelf && (
            <Text span c="dimmed" fw={400}>
              {" "}
              (you)
            </Text>
          )}
        </Text>
        {name !== "" && (
          <Text size="sm" c="dimmed">
            {email}
          </Text>
        )}
        {!user.enabled && (
          <span className="narrow-only">
            <Status state="disabled" />
          </span>
        )}
      </Table.Td>
      <Table.Td>
        <RoleBadges held={user} />
      </Table.Td>
      <Table.Td className="not-narrow">
        <Ago at={user.created_at} />
      </Table.Td>
      <Table.Td className="not-narrow">
        <Status state={user.enabled ? "enabled" : "disabled"} />
      </Table.Td>
      <Table.Td>
        <PersonMenu user={user} />
      </Table.Td>
    </Table.Tr>
  );
}
