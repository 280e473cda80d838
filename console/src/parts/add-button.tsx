import { Button, type ButtonProps } from "@mantine/core";
import type { ReactNode } from "react";
import { Icon } from "./icon.tsx";

/** Begins something new. */
export const AddButton = ({
  onClick,
  children,
  ...rest
}: Pick<ButtonProps, "variant"> & { onClick: () => void; children: ReactNode }) => (
  <Button {...rest} leftSection={<Icon name="plus" size={16} />} onClick={onClick}>
    {children}
  </Button>
);
