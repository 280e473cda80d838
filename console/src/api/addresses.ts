import { useQuery } from "@tanstack/react-query";
import { read } from "./request.ts";

/** The addresses that clients use: as configured, whatever address this page was opened at. */

interface Metadata {
  issuer: string;
  token_endpoint: string;
}

export interface Addresses {
  issuer: string;
  tokenUrl: string;
}

export function useAddresses(): Addresses | undefined {
  const { data } = useQuery({
    queryKey: ["metadata"],
    queryFn: read<Metadata>("/.well-known/oauth-authorization-server"),
    staleTime: Infinity,
  });
  return data && { issuer: data.issuer, tokenUrl: data.token_endpoint };
}
