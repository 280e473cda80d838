import { Button, Group, Skeleton, Table } from "@mantine/core";
import type { ReactNode } from "react";
import type { Paging } from "../api/pages.ts";
import { Empty } from "./empty.tsx";
import { Icon } from "./icon.tsx";
import css from "./parts.module.css";
import type { Query } from "./pending.tsx";
import { Problem } from "./problem.tsx";

/** A table that the server cuts into pages, with everything that can stand in its place. */

export interface Column {
  label: string;
  /** `wide-only` and `not-narrow` leave it out where there is no room. */
  className?: string;
  isHidden?: boolean;
  width?: number | string;
}

interface ListingOptions<Row> {
  label: string;
  columns: readonly Column[];
  rows: readonly Row[] | undefined;
  /** Where they come from; absent for what is there already. */
  list?: Query & { paging?: Paging };
  empty: ReactNode;
  renderRow: (row: Row) => ReactNode;
  /** As many lines as a first page is likely to have: nothing jumps when it comes. */
  expectedRows?: number;
}

export function Listing<Row>(options: ListingOptions<Row>) {
  const { label, columns, rows, list, empty, renderRow } = options;
  const paging = list?.paging;
  if (rows === undefined && list !== undefined && list.error !== null) {
    return (
      <div className={css["inset"]}>
        <Problem error={list.error} onRetry={() => void list.refetch()} />
      </div>
    );
  }
  if (rows?.length === 0 && paging?.hasPrevious !== true && paging?.hasNext !== true) {
    return <div className={css["empty"]}>{empty}</div>;
  }
  if (rows?.length === 0 && paging !== undefined) return <NothingHere paging={paging} />;
  return (
    <>
      <div
        className={css["scroll"]}
        data-turning={paging?.isTurning || undefined}
        aria-busy={rows === undefined || paging?.isTurning === true}
      >
        <Table highlightOnHover={rows !== undefined} className={css["table"]} aria-label={label}>
          <Table.Thead>
            <Table.Tr>
              {columns.map(({ label: text, className, isHidden, width }) => (
                <Table.Th
                  key={text}
                  scope="col"
                  className={className ?? ""}
                  {...(width === undefined ? {} : { w: width })}
                >
                  {isHidden ? <span className="for-listeners">{text}</span> : text}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows?.map(renderRow) ?? <Waiting columns={columns} rows={options.expectedRows ?? 8} />}
          </Table.Tbody>
        </Table>
      </div>
      {paging !== undefined && (paging.hasPrevious || paging.hasNext) && <Pager paging={paging} />}
    </>
  );
}

/** A page without rows between others: the server looked at so many and stopped, or they are gone. */
const NothingHere = ({ paging }: { paging: Paging }) => (
  <>
    <div className={css["empty"]} data-turning={paging.isTurning || undefined}>
      {paging.hasNext ? (
        <Empty icon="search" title="Nothing found so far">
          <p>There is more to look through than is searched at once.</p>
          <Button loading={paging.isTurning} onClick={paging.next}>
            Go on searching
          </Button>
        </Empty>
      ) : (
        <Empty icon="search" title="Nothing more">
          That was all; what there is stands on the pages before.
        </Empty>
      )}
    </div>
    {paging.hasPrevious && <Pager paging={paging} />}
  </>
);

const Waiting = ({ columns, rows }: { columns: readonly Column[]; rows: number }) =>
  Array.from({ length: rows }, (_, row) => (
    <Table.Tr key={row}>
      {columns.map(({ label, className }) => (
        <Table.Td key={label} className={className ?? ""}>
          <Skeleton height={12} my={5} width={`${50 + ((row * 7 + label.length * 11) % 40)}%`} />
        </Table.Td>
      ))}
    </Table.Tr>
  ));

const Pager = ({ paging }: { paging: Paging }) => (
  <Group justify="flex-end" gap="xs" className={css["pager"]}>
    <Button
      variant="default"
      size="xs"
      disabled={!paging.hasPrevious}
      onClick={paging.previous}
      leftSection={<Icon name="left" size={14} />}
    >
      Previous
    </Button>
    <Button
      variant="default"
      size="xs"
      disabled={!paging.hasNext}
      onClick={paging.next}
      rightSection={<Icon name="right" size={14} />}
    >
      Next
    </Button>
  </Group>
);
