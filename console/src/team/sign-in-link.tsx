import type { User } from "@countersign/protocol/admin/users.ts";
import { Alert, Button, Group, Stack, Text } from "@mantine/core";
import { Icon } from "../parts/icon.tsx";
import { SecretField } from "../parts/secret-field.tsx";

/** A link with which a person chooses a password, shown this once to who made it. */
export function SignInLink({ user, onClose }: { user: User; onClose: () => void }) {
  const { email, sign_in_url: link = "", sign_in_mail: mail } = user;
  return (
    <Stack>
      <Text>
        Give this link to {email}. A password is chosen there; it works once, for seven days, and is
        shown this once.
      </Text>
      <SecretField secret={link} what="link" />
      {mail === "sent" && <Text c="dimmed">It was also sent by e-mail.</Text>}
      {mail === "failed" && (
        <Alert color="yellow" icon={<Icon name="warning" />}>
          The mail server did not take it. The link works all the same.
        </Alert>
      )}
      <Group justify="flex-end">
        <Button onClick={onClose}>I have passed it on</Button>
      </Group>
    </Stack>
  );
}
