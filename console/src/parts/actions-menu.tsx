import { ActionIcon, Button, Menu } from "@mantine/core";
import type { ReactNode } from "react";
import { Icon } from "./icon.tsx";

/** Whether something stands in a list, or has the page to itself. */
export type Where = "row" | "page";

/** What can be done with something: behind dots in its row, behind a button on its page. */
export const ActionsMenu = ({
  where,
  of,
  children,
}: {
  where: Where;
  /** What it is called, for who listens. */
  of: string;
  children: ReactNode;
}) => (
  <Menu position="bottom-end" width={200} shadow="md">
    <Menu.Target>
      {where === "page" ? (
        <Button variant="default" rightSection={<Icon name="down" size={14} />}>
          Actions
        </Button>
      ) : (
        <ActionIcon variant="subtle" color="gray" aria-label={`Actions for ${of}`}>
          <Icon name="more" />
        </ActionIcon>
      )}
    </Menu.Target>
    <Menu.Dropdown>{children}</Menu.Dropdown>
  </Menu>
);

export const DangerItem = ({ onClick, children }: { onClick: () => void; children: ReactNode }) => (
  <Menu.Item c="var(--bad)" onClick={onClick}>
    {children}
  </Menu.Item>
);

/** The last items of most menus: off or on again, and for good. Only the way back is not asked about. */
export const SwitchAndDelete = ({
  isEnabled,
  onEnable,
  onAsk,
}: {
  isEnabled: boolean;
  onEnable: () => void;
  onAsk: (what: "disable" | "delete") => void;
}) => (
  <>
    {isEnabled ? (
      <Menu.Item onClick={() => onAsk("disable")}>Disable</Menu.Item>
    ) : (
      <Menu.Item onClick={onEnable}>Enable</Menu.Item>
    )}
    <Menu.Divider />
    <DangerItem onClick={() => onAsk("delete")}>Delete</DangerItem>
  </>
);
