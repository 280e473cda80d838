import { useMutation, useQueryClient, type QueryClient } from "@tanstack/react-query";

/** A change, after which whatever is shown from below these paths is asked for again. */
export function useChange<Input, Answer>(
  change: (input: Input) => Promise<Answer>,
  paths: readonly string[],
  /** Also when it was refused: of what changes by itself, that may be because it did. */
  { evenRefused = false }: { evenRefused?: boolean } = {},
) {
  const queries = useQueryClient();
  const again = (): Promise<void> => askAgain(queries, paths);
  return useMutation({
    mutationFn: change,
    ...(evenRefused ? { onSettled: again } : { onSuccess: again }),
  });
}

export const askAgain = (queries: QueryClient, paths: readonly string[]): Promise<void> =>
  queries.invalidateQueries({
    predicate: ({ queryKey: [path] }) =>
      typeof path === "string" && paths.some((one) => path.startsWith(one)),
  });
