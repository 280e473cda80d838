import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { describeProvider } from "../../src/datasources/describe-provider.ts";
import { profiles } from "../../src/datasources/profiles/profiles.ts";
import { standard } from "../../src/datasources/profiles/standard.ts";
import { ProviderError } from "../../src/datasources/protocol/provider-error.ts";
import type { DatasourceSettings, Profile } from "../../src/datasources/provider.ts";
import { partsOf, without } from "./deviation.ts";
import { fixtures } from "./fixtures.ts";
import { play } from "./play.ts";
import { unseen } from "./unseen.ts";

const client = {
  clientId: "the-client",
  clientSecret: "the-secret",
  scopes: ["read", "write"],
};
const placeNames = new Set(
  "grantType authorizationUrl accessTokenUrl revocationUrl introspectionUrl baseUrl allowedHosts scopes variables".split(
    " ",
  ),
);
const standardUrls = {
  authorizationUrl: "https://provider.example/authorize",
  accessTokenUrl: "https://provider.example/token",
};

test("has a fixture for every profile, and no other", () => {
  assert.deepEqual(Object.keys(fixtures).toSorted(), [...profiles.keys()].toSorted());
});

test("shows every deviation of the catalogue, here or in the tests of deviations", () => {
  const others = readFileSync(new URL("deviations.test.ts", import.meta.url), "utf8");
  const shown = [
    ...Object.values(fixtures).flatMap(({ quirks }) => quirks),
    ...others.matchAll(/^test\(".*\((Q\d+)\)"/gm).map(([, id]) => id!),
  ];
  const catalogue = Array.from({ length: 50 }, (_, index) => `Q${index + 1}`);
  assert.deepEqual(new Set(shown), new Set(catalogue));
});

for (const [name, fixture] of Object.entries(fixtures)) {
  const ids = [...fixture.quirks, "G16"].join(", ");
  const profile = profiles.get(name)!;
  const own = { ...(name === "standard" && standardUrls), ...client, ...fixture.settings };
  test(`connects and refreshes as ${name} wants it (${ids})`, async (t) => {
    await play(t, describeProvider(profile, own), fixture);
  });

  // The control: a fixture that is content with the standards shows no deviation.
  if (name === "standard") continue;
  test(`fails at ${name} with the standards alone (${ids})`, async (t) => {
    const plain = describeProvider(standard, { ...placesOf(profile), ...own });
    await assert.rejects(
      play(t, plain, fixture),
      (error) => error instanceof ProviderError || error instanceof assert.AssertionError,
    );
  });

  test(`needs each deviation that ${name} has (${ids})`, async (t) => {
    const found: string[] = [];
    for (const part of partsOf(profile, placeNames)) {
      const lacking = describeProvider(without(profile, part), own);
      // However it fails: without a part a profile need not even be one that types allow.
      const isMissed = await play(t, lacking, fixture).then(
        () => false,
        () => true,
      );
      if (!isMissed) found.push(part.join("."));
    }
    assert.deepEqual(found, Object.keys(unseen[name] ?? {}));
  });
}

/** Where the provider is, and what is asked of it, are no deviations. */
function placesOf({ settings }: Profile): Partial<DatasourceSettings> {
  return Object.fromEntries(Object.entries(settings).filter(([name]) => placeNames.has(name)));
}
