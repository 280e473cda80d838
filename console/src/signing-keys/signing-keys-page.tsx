import type { SigningKey, SigningKeyList } from "@countersign/protocol/admin/signing-keys.ts";
import { Button, Table } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { read, request } from "../api/request.ts";
import { useMay } from "../api/session.ts";
import { Confirm } from "../parts/confirm.tsx";
import { CopyIcon } from "../parts/copy-button.tsx";
import { Empty } from "../parts/empty.tsx";
import { Listing } from "../parts/listing.tsx";
import { PageHead } from "../parts/page-head.tsx";
import css from "../parts/parts.module.css";
import { Panel } from "../parts/panel.tsx";
import { Status } from "../parts/status.tsx";
import { Ago } from "../parts/time.tsx";

/** `/signingKeys`: what signs tokens, and when that changes. */

const path = "/v2/signing_keys";

export function SigningKeysPage() {
  const may = useMay();
  const queries = useQueryClient();
  const [isAsked, setAsked] = useState(false);
  const list = useQuery({
    queryKey: [path],
    queryFn: read<SigningKeyList>(path),
    refetchInterval: 15_000,
  });
  const rotate = async (): Promise<void> => {
    await request("POST", `${path}/rotate`, { body: {} });
    await queries.invalidateQueries({ queryKey: [path] });
  };
  return (
    <>
      <PageHead
        title="Signing keys"
        lead="Keys change by themselves. A key is published before it signs, and stays until the last token that it signed has expired."
        actions={
          may("signing_keys:write") && (
            <Button variant="default" onClick={() => setAsked(true)}>
              Rotate now
            </Button>
          )
        }
      />
      <Panel isFlush>
        <Listing
          label="Signing keys"
          columns={columns}
          rows={list.data?.signing_keys}
          list={list}
          expectedRows={2}
          empty={<Empty icon="keys" title="No keys" />}
          renderRow={(key) => <Row key={key.kid} signingKey={key} />}
        />
      </Panel>
      {isAsked && (
        <Confirm
          title="Rotate the signing keys now?"
          verb="Rotate now"
          act={rotate}
          onClose={() => setAsked(false)}
        >
          The next keys begin to sign at once. Tokens that are out go on being valid: the present
          keys stay published until the last of them has expired.
        </Confirm>
      )}
    </>
  );
}

const columns = [
  { label: "Key" },
  { label: "Algorithm", className: "not-narrow" },
  { label: "Stage" },
  { label: "Since", className: "not-narrow" },
  { label: "Changes" },
];

const after: Readonly<Record<string, string>> = {
  next: "signs",
  current: "stops signing",
  previous: "leaves the key set",
};

const Row = ({ signingKey }: { signingKey: SigningKey }) => (
  <Table.Tr>
    <Table.Td className={css["shortId"]}>
      <code>{signingKey.kid.length > 14 ? `…${signingKey.kid.slice(-12)}` : signingKey.kid}</code>
      <CopyIcon text={signingKey.kid} what="key ID" />
    </Table.Td>
    <Table.Td className="not-narrow">{signingKey.algorithm}</Table.Td>
    <Table.Td>
      <Status state={signingKey.stage} />
    </Table.Td>
    <Table.Td className="not-narrow">
      <Ago at={signingKey.stage_since} />
    </Table.Td>
    <Table.Td>
      {after[signingKey.stage]} <Ago at={signingKey.next_stage_at} />
    </Table.Td>
  </Table.Tr>
);
