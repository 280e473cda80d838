import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { read } from "./request.ts";

/** Lists whose pages the server cuts: each page tells where the next begins. */

interface PageOf {
  metadata: { page_key?: string };
}

export interface Paging {
  hasPrevious: boolean;
  hasNext: boolean;
  isTurning: boolean;
  previous(): void;
  next(): void;
}

export function usePages<Page extends PageOf>(
  path: string,
  query: Readonly<Record<string, string | number | undefined>>,
  /** For what changes without anybody here doing anything. */
  { refetchInterval = false }: { refetchInterval?: number | false } = {},
) {
  const list = JSON.stringify([path, query]);
  const [trail, setTrail] = useState<{ list: string; keys: string[] }>({ list, keys: [] });
  // Another question begins at its first page.
  const keys = trail.list === list ? trail.keys : [];
  const pageKey = keys.at(-1);
  const result = useQuery({
    queryKey: [path, query, pageKey],
    queryFn: read<Page>(path, { ...query, page_key: pageKey }),
    placeholderData: keepPreviousData,
    // Whoever comes back wants to see what happened meanwhile; what was there is shown until then.
    refetchOnMount: "always",
    refetchInterval,
  });
  const nextKey = result.data?.metadata.page_key;
  const paging: Paging = {
    hasPrevious: keys.length > 0,
    hasNext: nextKey !== undefined,
    isTurning: result.isPlaceholderData,
    previous: () => setTrail({ list, keys: keys.slice(0, -1) }),
    next: () => nextKey !== undefined && setTrail({ list, keys: [...keys, nextKey] }),
  };
  return { ...result, paging };
}
