import { Button, Group, Stack, type StackProps } from "@mantine/core";
import type { FormEvent, ReactNode } from "react";
import { Problem } from "./problem.tsx";

/** Fields that are sent together: below them why that did not work, and the ways out and on. */
export function Form({
  children,
  save: { error, isPending },
  verb,
  isReady = true,
  onSubmit,
  onCancel,
  ...rest
}: Pick<StackProps, "maw"> & {
  children: ReactNode;
  /** How the sending goes. */
  save: { error: unknown; isPending: boolean };
  /** What the button says. */
  verb: string;
  /** Whether enough is filled in. */
  isReady?: boolean;
  onSubmit: () => void;
  /** Absent where there is nothing to leave. */
  onCancel?: (() => void) | undefined;
}) {
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onSubmit();
  };
  return (
    <form onSubmit={submit}>
      <Stack {...rest}>
        {children}
        <Problem error={error} />
        <Group justify="flex-end" gap="xs">
          {onCancel !== undefined && (
            <Button variant="default" onClick={onCancel}>
              Cancel
            </Button>
          )}
          <Button type="submit" loading={isPending} disabled={!isReady}>
            {verb}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
