import { Stack, Text, ThemeIcon, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { Icon, type IconName } from "./icon.tsx";

/** Nothing is there yet: why, and how to begin. */
export const Empty = ({
  icon,
  title,
  children,
}: {
  icon: IconName;
  title: string;
  children?: ReactNode;
}) => (
  <Stack align="center" gap={6} py={56} px="md" ta="center">
    <ThemeIcon variant="light" size={44} radius={12} mb={6}>
      <Icon name={icon} size={22} />
    </ThemeIcon>
    <Title order={2}>{title}</Title>
    <Text c="dimmed" maw={440} component="div">
      {children}
    </Text>
  </Stack>
);
