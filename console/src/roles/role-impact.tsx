import type { AskImpact, RoleImpact } from "@countersign/protocol/admin/role-impact.ts";
import { Alert, Button, Group, Stack, Text } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { request } from "../api/request.ts";
import { rolePath, rolesPath } from "../api/roles.ts";
import { Icon } from "../parts/icon.tsx";
import { Pending } from "../parts/pending.tsx";
import { Problem } from "../parts/problem.tsx";
import { Ago } from "../parts/time.tsx";
import { PermissionBadges } from "./permission-badges.tsx";
import { PrincipalLink } from "./principal-link.tsx";
import css from "./roles.module.css";
import { Dialog } from "../parts/dialog.tsx";

/** What a change would have taken from those who hold the role, told before it is made. */
export function ReviewChange({
  role,
  change,
  title,
  verb,
  act,
  onClose,
}: {
  role: string;
  change: AskImpact;
  title: string;
  verb: string;
  act: () => Promise<unknown>;
  onClose: () => void;
}) {
  const impact = useQuery({
    queryKey: [rolesPath, role, "impact", change],
    queryFn: ({ signal }) =>
      request<RoleImpact>("POST", `${rolePath(role)}/impact`, { body: change, signal }),
    staleTime: 0,
  });
  const save = useMutation({ mutationFn: act, onSuccess: onClose });
  const isLossy = (impact.data?.lost.length ?? 0) > 0;
  return (
    <Dialog onClose={onClose} size="lg" title={title}>
      <Stack>
        {impact.data === undefined ? (
          <Pending query={impact} height={120} />
        ) : (
          <Impact impact={impact.data} />
        )}
        <Problem error={save.error} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose} data-autofocus>
            Cancel
          </Button>
          <Button
            color={isLossy || change.deleted === true ? "red.8" : "accent"}
            loading={save.isPending}
            disabled={impact.isPending}
            onClick={() => save.mutate()}
          >
            {isLossy ? `${verb} anyway` : verb}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}

function Impact({ impact }: { impact: RoleImpact }) {
  const { holders, added, dropped, lost } = impact;
  return (
    <>
      <Text>
        {holders === 0
          ? "Nobody holds this role."
          : `${holders} ${holders === 1 ? "holder feels" : "holders feel"} it at once, also with the tokens that they have.`}
      </Text>
      {added.length > 0 && (
        <div>
          <Text size="sm" c="dimmed" mb={6}>
            Added
          </Text>
          <PermissionBadges names={added} color="teal" />
        </div>
      )}
      {dropped.length > 0 && (
        <div>
          <Text size="sm" c="dimmed" mb={6}>
            Taken away
          </Text>
          <PermissionBadges names={dropped} color="red" />
        </div>
      )}
      {lost.length > 0 && (
        <Alert color="yellow" icon={<Icon name="warning" />} title={inShort(impact)}>
          Had this been so for the last 30 days, at least the calls below would have been refused.
        </Alert>
      )}
      {lost.map((one) => (
        <Loss key={one.permission} loss={one} />
      ))}
      {dropped.length > 0 && holders > 0 && <Unseen impact={impact} />}
    </>
  );
}

/** What the numbers do not count: who reads them may think that the rest is safe to take away. */
const Unseen = ({ impact: { lost, is_complete: isComplete } }: { impact: RoleImpact }) => (
  <Text c="dimmed">
    {lost.length === 0
      ? "In the last 30 days none of them was seen to use what goes. "
      : "It may be more. "}
    An API that verifies tokens for itself tells nobody what they were used for; of it only the
    scopes count that clients asked for by name.
    {!isComplete && " And more holders used these than could be looked at."}
  </Text>
);

/** "3 holders used `documents:write` in the last 30 days" */
function inShort({ lost }: RoleImpact): string {
  const [first, ...others] = lost;
  const { principals, permission } = first!;
  const who = principals === 1 ? "1 holder uses" : `${principals} holders use`;
  const more = others.length === 0 ? "" : `, and ${others.length} more permissions are in use`;
  return `${who} ${permission}${more}`;
}

const shownMax = 5;

const Loss = ({ loss }: { loss: RoleImpact["lost"][number] }) => (
  <section className={css["loss"]}>
    <h3>
      <code>{loss.permission}</code>
    </h3>
    <Text size="sm" c="dimmed">
      {calls(loss.calls)} in the last 30 days, the last <Ago at={loss.last_used_at} />
    </Text>
    <ul className={css["users"]}>
      {loss.used_by.slice(0, shownMax).map((use) => (
        <li key={use.principal.id}>
          <PrincipalLink principal={use.principal} />
          <Text size="sm" c="dimmed" component="span">
            {calls(use.calls)}, the last <Ago at={use.last_used_at} />
          </Text>
        </li>
      ))}
      {loss.principals > shownMax && (
        <li className="muted">and {loss.principals - shownMax} more</li>
      )}
    </ul>
  </section>
);

const calls = (count: number): string => (count === 1 ? "1 call" : `${count} calls`);
