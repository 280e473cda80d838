import { Menu, SegmentedControl, Text, UnstyledButton, useMantineColorScheme } from "@mantine/core";
import { useRef } from "react";
import { useSession } from "../api/session.ts";
import { Icon } from "../parts/icon.tsx";
import css from "./shell.module.css";

/** Who is signed in, how it looks, and the way out. */
export function AccountMenu() {
  const { user, api_roles: roles, tenant_id: tenantId } = useSession();
  const signOut = useRef<HTMLFormElement>(null);
  const name = user.name === "" ? user.email : user.name;
  return (
    <>
      <Menu position="top-start" width={264} shadow="md">
        <Menu.Target>
          <UnstyledButton className={css["account"]}>
            <span className="for-listeners">Account of </span>
            <span className={css["initial"]} aria-hidden="true">
              {name.slice(0, 1).toUpperCase()}
            </span>
            <span className={css["who"]}>
              <span className={css["name"]}>{name}</span>
              <span className={css["role"]}>{roles.map(wordsOf).join(", ") || "No role"}</span>
            </span>
            <Icon name="more" />
          </UnstyledButton>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>
            {user.email}
            <Text span display="block" size="xs" ff="monospace" mt={2}>
              {tenantId}
            </Text>
          </Menu.Label>
          <Menu.Item component="a" href="/account" leftSection={<Icon name="person" />}>
            Your account
          </Menu.Item>
          <Theme />
          <Menu.Divider />
          <Menu.Item onClick={() => signOut.current?.requestSubmit()}>Sign out</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <form ref={signOut} method="post" action="/logout" hidden />
    </>
  );
}

const schemes = [
  { value: "light", label: "Light" },
  { value: "dark", label: "Dark" },
  { value: "auto", label: "System" },
] as const;

function Theme() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <div className={css["theme"]}>
      <SegmentedControl
        fullWidth
        size="xs"
        aria-label="Theme"
        data={[...schemes]}
        value={colorScheme}
        onChange={(value) => setColorScheme(value)}
      />
    </div>
  );
}

const wordsOf = (role: string): string => {
  const words = role.replaceAll("_", " ");
  return words.slice(0, 1).toUpperCase() + words.slice(1);
};
