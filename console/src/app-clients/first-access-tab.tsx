import { Navigate } from "react-router";
import { useMay } from "../api/session.ts";

/** `/apiAccess`: the first of the two tabs that one may see. */
export function FirstAccessTab() {
  const may = useMay();
  const tab = !may("app_clients:read") && may("api_keys:read") ? "apiKeys" : "appClients";
  return <Navigate to={`/apiAccess/${tab}`} replace />;
}
