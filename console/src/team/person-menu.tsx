import type { User } from "@countersign/protocol/admin/users.ts";
import { Menu } from "@mantine/core";
import { useState } from "react";
import { request } from "../api/request.ts";
import { useMay, useSession } from "../api/session.ts";
import { changeUser, userPath, useTeamChange } from "../api/users.ts";
import { ActionsMenu, DangerItem } from "../parts/actions-menu.tsx";
import { Confirm } from "../parts/confirm.tsx";
import { OnceModal } from "../parts/once-modal.tsx";
import { EditPerson } from "./edit-person.tsx";
import { acts, type Act } from "./person-acts.tsx";
import { SignInLink } from "./sign-in-link.tsx";

/** What can be done with somebody in the team; the server keeps the last owner. */
export function PersonMenu({ user }: { user: User }) {
  const may = useMay();
  const [asked, setAsked] = useState<Act | "edit">();
  const [linked, setLinked] = useState<User>();
  const isOwner = user.api_roles.includes("owner");
  const isSelf = useSession().user.id === user.id;
  const mayOwn = useSession().api_roles.includes("owner");
  if (!may("users:write")) return null;
  const item = (act: Act) => {
    const Item = acts[act].isDangerous ? DangerItem : Menu.Item;
    return <Item onClick={() => setAsked(act)}>{acts[act].verb}</Item>;
  };
  return (
    <>
      <ActionsMenu where="row" of={user.email}>
        <Menu.Item onClick={() => setAsked("edit")}>Edit</Menu.Item>
        {item("link")}
        {item("factors")}
        {mayOwn && !isOwner && item("own")}
        {mayOwn && isOwner && isSelf && item("disown")}
        {item(user.enabled ? "disable" : "enable")}
        <Menu.Divider />
        {item("delete")}
      </ActionsMenu>
      {asked === "edit" && <EditPerson user={user} onClose={() => setAsked(undefined)} />}
      {asked !== undefined && asked !== "edit" && (
        <Asked user={user} act={asked} onLinked={setLinked} onClose={() => setAsked(undefined)} />
      )}
      {linked !== undefined && (
        <OnceModal
          isShowing
          onClose={() => setLinked(undefined)}
          title={`A new link for ${user.email}`}
        >
          <SignInLink user={linked} onClose={() => setLinked(undefined)} />
        </OnceModal>
      )}
    </>
  );
}

interface AskedOptions {
  user: User;
  act: Act;
  onLinked: (user: User) => void;
  onClose: () => void;
}

function Asked({ user, act, onLinked, onClose }: AskedOptions) {
  const { title, verb, words, isDangerous = false } = acts[act];
  const rolesBut = user.api_roles.filter((role) => role !== "owner");
  const change = useTeamChange(async () => {
    if (act === "enable" || act === "disable") {
      await changeUser(user, { enabled: act === "enable" });
    } else if (act === "own") {
      await changeUser(user, { api_roles: [...user.api_roles, "owner"] });
    } else if (act === "disown") {
      await changeUser(user, { api_roles: [...new Set([...rolesBut, "administrator"])] });
    } else if (act === "delete") {
      await request("DELETE", userPath(user));
    } else if (act === "factors") {
      await request("POST", `${userPath(user)}/remove_second_factors`);
    } else onLinked(await request<User>("POST", `${userPath(user)}/reset_password`));
  });
  return (
    <Confirm
      title={title(user.email)}
      verb={verb}
      isDangerous={isDangerous}
      act={() => change.mutateAsync(undefined)}
      onClose={onClose}
    >
      {words}
    </Confirm>
  );
}
