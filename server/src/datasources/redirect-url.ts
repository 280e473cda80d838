/** The one address that providers send browsers back to: what is registered there. */
export const redirectPath = "/api/v1/datasources/authorize";

/** From the configured origin, never from a request. */
export const redirectUrlOf = ({ publicUrl }: { publicUrl: string }): string =>
  publicUrl + redirectPath;
