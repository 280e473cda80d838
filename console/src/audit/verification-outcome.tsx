import type { AuditHeadClaims } from "@countersign/protocol/audit-chain.ts";
import type {
  AuditProblem,
  AuditProblemKind,
  AuditVerdict,
} from "@countersign/protocol/audit-verification.ts";
import { Alert, Stack, Text } from "@mantine/core";
import { CopyButton } from "../parts/copy-button.tsx";
import { Fact, Facts } from "../parts/facts.tsx";
import parts from "../parts/parts.module.css";
import { ValueField } from "../parts/secret-field.tsx";
import { Exactly } from "../parts/time.tsx";

/** What a verification found, and what that does and does not say. */
export function VerificationOutcome({
  verdict,
  earlier,
}: {
  verdict: AuditVerdict;
  earlier: AuditHeadClaims | undefined;
}) {
  const [first, ...others] = verdict.problems;
  if (first?.kind === "empty") return <NothingSealed />;
  if (first !== undefined) return <Broken first={first} others={others} verdict={verdict} />;
  const { head, keyId, jws } = verdict;
  if (head === undefined || keyId === undefined || jws === undefined) return null;
  return <Intact {...{ verdict, head, keyId, jws, earlier }} />;
}

const NothingSealed = () => (
  <Alert color="accent" variant="light" title="Nothing is sealed yet">
    The export has no entry and no signed end, so there is nothing to verify. Entries are sealed
    within a few seconds. If the log below has entries with a number in the chain, or had some
    before, then it was emptied: compare with an export that was kept elsewhere.
  </Alert>
);

interface Whole {
  verdict: AuditVerdict;
  head: AuditHeadClaims;
  keyId: string;
  jws: string;
  earlier: AuditHeadClaims | undefined;
}

const Intact = ({ verdict, head, keyId, jws, earlier }: Whole) => (
  <Stack>
    <Alert color="teal" variant="light" title="The log is intact">
      {counted(verdict.events)} checked: each is as it was sealed, and none is missing or moved.
      {earlier !== undefined &&
        ` It goes on from the earlier export, which ended with number ${earlier.sequence}.`}
      {head.begins_after.sequence > 0 &&
        ` Numbers 1 to ${head.begins_after.sequence} were removed by retention, which the signature says.`}
    </Alert>
    <Facts>
      <Fact label="First entry">
        {verdict.firstAt === undefined ? "None" : <Exactly at={verdict.firstAt} />}
      </Fact>
      <Fact label="Last entry">
        {verdict.lastAt === undefined ? "None" : <Exactly at={verdict.lastAt} />}
      </Fact>
      <Fact label="Number of the head">{head.sequence}</Fact>
      <Fact label="Signed">
        <Exactly at={new Date(head.iat * 1000).toISOString()} />
      </Fact>
      <Fact label="Signed by">{head.iss}</Fact>
      <Fact label="With the key">{keyId}</Fact>
      <Fact label="Account">{head.tenant}</Fact>
    </Facts>
    <div>
      <Text size="sm" c="dimmed">
        Hash of the head
      </Text>
      <ValueField value={head.hash} what="hash" />
    </div>
    <Limits isCompared={earlier !== undefined} />
    <div>
      <CopyButton text={JSON.stringify({ head: jws })} label="Copy the head to keep" />
    </div>
  </Stack>
);

const Limits = ({ isCompared }: { isCompared: boolean }) => (
  <section aria-label="What this does not say">
    <h3>What this does not say</h3>
    <Text>
      The keys, and this page, came from the server whose log it is: whoever rules that server can
      write another log and sign it.{" "}
      {isCompared
        ? "Up to the end of the earlier export that would have shown."
        : "That shows against an export kept elsewhere. Nothing was compared with one this time."}{" "}
      Keep the head, or an export, where this server cannot reach it, and give it here next time.
      The program in the guide checks without this page. Entries of the last seconds may not be
      sealed yet.
    </Text>
  </section>
);

const Broken = ({
  first,
  others,
  verdict,
}: {
  first: AuditProblem;
  others: readonly AuditProblem[];
  verdict: AuditVerdict;
}) => (
  <Stack>
    <Alert color="red" variant="light" title={titleOf(first, verdict)}>
      {first.message}
    </Alert>
    <Text>{adviceFor(first.kind)}</Text>
    {others.length > 0 && (
      <section aria-label="What else was found">
        <h3>What else was found</h3>
        <ul className={parts["anywhere"]}>
          {others.map(({ message }) => (
            <li key={message}>{message}</li>
          ))}
        </ul>
      </section>
    )}
  </Stack>
);

function titleOf({ kind, sequence }: AuditProblem, { events }: AuditVerdict): string {
  return titles[kind](sequence === undefined ? "An entry" : `Entry ${sequence}`, counted(events));
}

const titles: Readonly<Record<AuditProblemKind, (entry: string, read: string) => string>> = {
  empty: () => "Nothing is sealed yet",
  unreadable: () => "A line is not as it was exported",
  changed: (entry) => `${entry} was changed`,
  removed: (entry) => `${entry} was removed`,
  moved: (entry) => `${entry} was moved`,
  cut_off: (_entry, read) => `The log is cut off after ${read}`,
  added: () => "Something was added that was never sealed",
  not_a_head: () => "The end of the log is not a signed head",
  unknown_key: () => "The log is signed with a key that the server does not publish",
  bad_signature: () => "The signature is wrong",
  other_log: () => "This is not the log of the earlier export",
};

function adviceFor(kind: AuditProblemKind): string {
  if (kind === "cut_off") {
    return `Verify again: a proxy between here and the server may have ended the download. ${evidence}`;
  }
  if (kind === "unknown_key") {
    return `Keys may just have been changed: verify again in some minutes. ${evidence}`;
  }
  return `Verify again, to be sure that nothing on the way changed it. ${evidence}`;
}

const evidence =
  "If it stays so, somebody altered the log. Export it and keep the file as evidence, beside the exports of before; compare them, restore the database from a backup, and find out who could write to it.";

const counted = (events: number): string =>
  `${events.toLocaleString("en")} ${events === 1 ? "entry" : "entries"}`;
