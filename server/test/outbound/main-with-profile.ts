import { addProfile } from "./profile.ts";

/** A server process that knows one profile more: `TEST_PROFILE`, as JSON. */

addProfile(JSON.parse(process.env["TEST_PROFILE"]!));
await import("../../src/main.ts");
