import { Button, Group, Loader, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQuery } from "@tanstack/react-query";
import { useSearchParams } from "react-router";
import { readSecret } from "../api/app-clients.ts";
import { ApiProblem } from "../api/request.ts";
import { here } from "../api/signed-out.ts";
import { copyText } from "../parts/clipboard.ts";
import { Problem } from "../parts/problem.tsx";
import { SecretField } from "../parts/secret-field.tsx";
import { Dialog } from "../parts/dialog.tsx";

/**
 * A client's secret, when it was asked for: at once where the sign-in is recent, else after a
 * confirmation that comes back to this dialog. What is asked for stands in the address.
 */

const parameter = "secret";

/** Copies the secret, or opens the dialog where the browser or the server wants more. */
export function useCopySecret(): (id: string) => Promise<void> {
  const [, setParameters] = useSearchParams();
  return async (id) => {
    try {
      const { secret, clientName } = await readSecret(id);
      await copyText(secret);
      notifications.show({ message: `The secret of ${clientName} is copied.`, color: "teal" });
    } catch {
      setParameters((parameters) => {
        parameters.set(parameter, id);
        return parameters;
      });
    }
  };
}

export function SecretDialog() {
  const [parameters, setParameters] = useSearchParams();
  const id = parameters.get(parameter);
  if (id === null) return null;
  const close = (): void =>
    setParameters(
      (now) => {
        now.delete(parameter);
        return now;
      },
      { replace: true },
    );
  return (
    <Dialog onClose={close} title="Client secret">
      <Secret id={id} onClose={close} />
    </Dialog>
  );
}

function Secret({ id, onClose }: { id: string; onClose: () => void }) {
  const { data, error, isPending } = useQuery({
    queryKey: ["secret", id],
    queryFn: () => readSecret(id),
    retry: false,
    // A secret is not kept longer than it is looked at.
    gcTime: 0,
    staleTime: Infinity,
  });
  if (isPending) return <Loader size="sm" aria-label="Loading" />;
  if (needsConfirmation(error)) return <Confirmation onClose={onClose} />;
  if (data === undefined) return <Problem error={error} />;
  return (
    <Stack gap="sm">
      <Text>
        The newest secret of <strong>{data.clientName}</strong>. That you read it is in the audit
        log.
      </Text>
      <SecretField secret={data.secret} what="client secret" />
    </Stack>
  );
}

export const needsConfirmation = (error: unknown): boolean =>
  error instanceof ApiProblem && error.code === "recent_sign_in_required";

export const Confirmation = ({ onClose }: { onClose: () => void }) => (
  <Stack>
    <Text>
      You signed in a while ago. Before a secret is shown, confirm that it is still you; then you
      come back here.
    </Text>
    <Group justify="flex-end" gap="xs">
      <Button variant="default" onClick={onClose}>
        Cancel
      </Button>
      <Button
        component="a"
        href={`/login/confirm?return_to=${encodeURIComponent(here())}`}
        data-autofocus
      >
        Confirm
      </Button>
    </Group>
  </Stack>
);
