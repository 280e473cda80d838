/** What an export says of one datasource, whoever wrote it. */
export interface ImportedDatasource {
  name: string;
  /** In the words of `POST /v2/datasources`; absent for what is no OAuth 2.0 datasource. */
  body: Record<string, unknown> | undefined;
  /** What is to be seen to by hand. */
  notes: string[];
}
