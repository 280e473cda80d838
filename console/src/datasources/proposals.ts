import type { DatasourceProfile } from "@countersign/protocol/admin/datasource-profiles.ts";
import type { UpdateDatasource } from "@countersign/protocol/admin/datasources.ts";
import { bodyOf, changedFields, draftOf, isSame, type Draft, type DraftField } from "./draft.ts";

/** What a provider's profile proposes beyond the standard, as it stands in the form. */
export function proposalsOf(profiles: readonly DatasourceProfile[], name: string): Partial<Draft> {
  const draftFor = (wanted: string): Draft =>
    draftOf(profiles.find((profile) => profile.name === wanted)?.settings ?? {});
  const proposed = draftFor(name);
  const fields = changedFields(draftFor("standard"), proposed);
  return Object.fromEntries(
    fields.filter((field) => field !== "profile").map((field) => [field, proposed[field]]),
  );
}

/** What was changed. What is now as it is proposed is not said any more: it is the profile's again. */
export function updateBody(
  stored: Draft,
  draft: Draft,
  proposed: Partial<Draft>,
): UpdateDatasource {
  const isBack = (field: DraftField): boolean => {
    const value = proposed[field];
    return value !== undefined && isSame(value, draft[field]);
  };
  const changed = changedFields(stored, draft);
  const back = changed.filter(isBack) as NonNullable<UpdateDatasource["as_proposed"]>;
  const said = changed.filter((field) => !isBack(field));
  return { ...bodyOf(draft, said), ...(back.length === 0 ? {} : { as_proposed: back }) };
}
