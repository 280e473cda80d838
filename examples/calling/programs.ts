/**
 * The programs in this folder, and how one is filled in with the values of a client: the console
 * shows them so, and a test runs each. A program is a template with placeholders like
 * `{{CLIENT_ID}}`, always alone inside a string literal.
 */

export interface CallingProgram {
  /** Stable, for addresses and settings. */
  id: string;
  /** For a list to choose from. */
  title: string;
  /** For syntax colours; the names that such tools know. */
  language: string;
  /** From this folder. */
  file: string;
  /** With the program stored under the file's own name. */
  howToRun: string;
  /** What must be there besides the language itself. */
  needs: string;
  /** What the program presents. */
  credential: "client secret" | "API key";
}

export type Placeholder = (typeof placeholders)[number];

export const placeholders = [
  "TOKEN_URL",
  "ISSUER",
  "API_URL",
  "CLIENT_ID",
  "CLIENT_SECRET",
  "API_KEY",
] as const;

const byClientSecret = { credential: "client secret" } as const;

export const callingPrograms: readonly CallingProgram[] = [
  {
    ...byClientSecret,
    id: "curl",
    title: "curl",
    language: "sh",
    file: "curl/client-credentials.sh",
    howToRun: "sh client-credentials.sh",
    needs: "curl 7.76 or newer",
  },
  {
    id: "curl-api-key",
    title: "curl, with an API key",
    language: "sh",
    file: "curl/api-key.sh",
    howToRun: "sh api-key.sh",
    needs: "curl 7.76 or newer",
    credential: "API key",
  },
  {
    ...byClientSecret,
    id: "javascript-fetch",
    title: "JavaScript, fetch",
    language: "javascript",
    file: "javascript/fetch.mjs",
    howToRun: "node fetch.mjs",
    needs: "Node 18 or newer",
  },
  {
    ...byClientSecret,
    id: "javascript-axios",
    title: "JavaScript, axios",
    language: "javascript",
    file: "javascript/axios.mjs",
    howToRun: "npm install axios qs && node axios.mjs",
    needs: "Node 18 or newer",
  },
  {
    ...byClientSecret,
    id: "typescript-sdk",
    title: "TypeScript, Countersign's SDK",
    language: "typescript",
    file: "javascript/sdk.ts",
    howToRun: "node sdk.ts",
    needs: "Node 24 or newer, and @countersign/sdk",
  },
  {
    ...byClientSecret,
    id: "python",
    title: "Python",
    language: "python",
    file: "python/client_credentials.py",
    howToRun: "pip install requests && python3 client_credentials.py",
    needs: "Python 3.7 or newer",
  },
  {
    ...byClientSecret,
    id: "go",
    title: "Go",
    language: "go",
    file: "go/main.go",
    howToRun: "go run main.go",
    needs: "Go 1.18 or newer",
  },
  {
    ...byClientSecret,
    id: "java",
    title: "Java",
    language: "java",
    file: "java/ClientCredentials.java",
    howToRun: "java ClientCredentials.java",
    needs: "Java 11 or newer",
  },
  {
    ...byClientSecret,
    id: "csharp",
    title: "C#",
    language: "csharp",
    file: "csharp/ClientCredentials.cs",
    howToRun: "dotnet run ClientCredentials.cs",
    needs: ".NET 10 or newer; before, as Program.cs of a project",
  },
  {
    ...byClientSecret,
    id: "ruby",
    title: "Ruby",
    language: "ruby",
    file: "ruby/client_credentials.rb",
    howToRun: "ruby client_credentials.rb",
    needs: "Ruby 2.7 or newer",
  },
  {
    ...byClientSecret,
    id: "php",
    title: "PHP",
    language: "php",
    file: "php/client-credentials.php",
    howToRun: "php client-credentials.php",
    needs: "PHP 7.1 or newer with curl",
  },
];

/** What ends a string literal, or means something within one, in any of the languages. */
const special = /["'`\\$\p{Cc}\p{Cs}\u2028\u2029]/u;

/**
 * The program with these values in place of the placeholders; one without a value stays, for the
 * reader to fill in. Throws `TypeError`, naming the placeholder and not the value, when a value
 * could mean something else inside a string literal: nothing that Countersign makes does.
 */
export function fillProgram(
  template: string,
  values: Readonly<Partial<Record<Placeholder, string>>>,
): string {
  return template.replace(/\{\{([A-Z_]+)\}\}/g, (whole, name: Placeholder) => {
    const value = values[name];
    if (value !== undefined && special.test(value)) {
      throw new TypeError(`the value for ${name} has characters that a program cannot hold as is`);
    }
    return value ?? whole;
  });
}
