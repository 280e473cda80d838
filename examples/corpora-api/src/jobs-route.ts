import { Type } from "typebox";
import { documented, PageMetadata, PageQuery, responses } from "./api-document.ts";
import { onAccount } from "./protection.ts";
import type { RoutePlugin } from "./route-plugin.ts";

const JobPage = Type.Object({ jobs: Type.Array(Type.Object({})), metadata: PageMetadata });

/** `/jobs`: the sample does everything at once, so there never are any. */
export const jobsRoute: RoutePlugin = async (api) => {
  const schema = {
    ...documented("Jobs", "List background jobs", "jobs:read"),
    querystring: PageQuery,
    response: responses({ 200: JobPage }),
  };
  api.get("/jobs", { config: onAccount("jobs:read"), schema }, () => ({ jobs: [], metadata: {} }));
};
