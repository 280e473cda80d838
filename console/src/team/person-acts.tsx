/** Acts on somebody in the team that are asked about before, and what others will notice of them. */

export type Act = "link" | "factors" | "own" | "disown" | "disable" | "enable" | "delete";

interface Words {
  title: (who: string) => string;
  verb: string;
  words: string;
  isDangerous?: boolean;
}

export const acts: Readonly<Record<Act, Words>> = {
  link: {
    title: (who) => `Give ${who} a new link?`,
    verb: "New sign-in link",
    words:
      "For who has lost the password or the first link. The password, open sessions and tokens stop counting now; a new password is chosen with the link.",
  },
  factors: {
    title: (who) => `Remove the second factor of ${who}?`,
    verb: "Remove second factor",
    words:
      "For who has lost the phone or the key: authenticator apps, passkeys and recovery codes go, and all sessions end. The password stays. Make sure that it is really them who ask.",
    isDangerous: true,
  },
  own: {
    title: (who) => `Make ${who} an owner?`,
    verb: "Make owner",
    words:
      "An owner may do everything here, and may take ownership from you. To hand it over, do this first, and then give up yours.",
  },
  disown: {
    title: () => "Give up ownership?",
    verb: "Give up ownership",
    words:
      "You stay as an administrator. Only another owner can make you one again. The last owner cannot give it up.",
    isDangerous: true,
  },
  disable: {
    title: (who) => `Disable ${who}?`,
    verb: "Disable",
    words:
      "Sessions end and personal keys stop at once. App clients go on. The person can be enabled again.",
  },
  enable: {
    title: (who) => `Enable ${who}?`,
    verb: "Enable",
    words: "The person can sign in again, with the same password and roles.",
  },
  delete: {
    title: (who) => `Delete ${who}?`,
    verb: "Delete",
    words:
      "Sessions, personal keys and roles go for good. App clients that the person made go on, and the audit log keeps what was done.",
    isDangerous: true,
  },
};
