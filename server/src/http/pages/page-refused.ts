import type { AdminCause } from "../../errors/refusal-causes.ts";

/** A refusal that a person reads, as a page of its own. */
export class PageRefused extends Error {
  override name = "PageRefused";
  readonly refusal: AdminCause;
  readonly page: { status: number; title: string; message: string };

  constructor(refusal: AdminCause, page: PageRefused["page"]) {
    super(page.title);
    this.refusal = refusal;
    this.page = page;
  }
}
