import { Button, Group, Stack, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Problem } from "./problem.tsx";
import { Dialog } from "./dialog.tsx";

/** Asks before something that others will notice. Stays open, with the reason, when it fails. */
export function Confirm({
  title,
  children,
  verb,
  isDangerous = false,
  act,
  onClose,
  onDone = onClose,
}: {
  title: string;
  children: ReactNode;
  verb: string;
  isDangerous?: boolean;
  act: () => Promise<unknown>;
  onClose: () => void;
  /** Where there is something to be shown when it is done. */
  onDone?: () => void;
}) {
  const { mutate, isPending, error } = useMutation({ mutationFn: act, onSuccess: onDone });
  return (
    <Dialog onClose={onClose} title={title}>
      <Stack>
        <Text component="div">{children}</Text>
        <Problem error={error} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose} data-autofocus>
            Cancel
          </Button>
          <Button
            color={isDangerous ? "red.8" : "accent"}
            loading={isPending}
            onClick={() => mutate()}
          >
            {verb}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
