/**
 * Work that one request began and others wait for, or nobody. Here it goes on by itself; what
 * workers need for that is in `workerd.ts`, and the `imports` of the package choose.
 */
export function sharedWork<Result>(work: Promise<Result>): Promise<Result> {
  return work;
}
