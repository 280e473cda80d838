import { Skeleton } from "@mantine/core";
import type { ReactNode } from "react";
import { PageHead } from "./page-head.tsx";
import { Problem } from "./problem.tsx";

/** A question to the server, as far as it matters while there is no answer. */
export interface Query {
  error: unknown;
  refetch: () => unknown;
}

/** What stands in the place of an answer: that it is on its way, or why it does not come. */
export const Pending = ({ query, height }: { query: Query; height: number }) =>
  query.error === null ? (
    <Skeleton height={height} radius="md" />
  ) : (
    <Problem error={query.error} onRetry={() => void query.refetch()} />
  );

/** The same for a whole page, which is about one thing. */
export const PendingPage = ({
  title,
  above,
  query,
}: {
  title: string;
  above: ReactNode;
  query: Query;
}) => (
  <>
    <PageHead title={title} above={above} />
    <Pending query={query} height={260} />
  </>
);
