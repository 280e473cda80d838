/** Line icons on a grid of 20, drawn for this console. They are decoration: words say the same. */

const drawings = {
  overview: "M3.5 16.5h13M5.5 16.5v-5M10 16.5v-12M14.5 16.5v-8",
  access: "M8 10.5a3.25 3.25 0 1 0-3.25 3.25A3.25 3.25 0 0 0 8 10.5ZM8 10.5h9M14 10.5v3M17 10.5v2",
  roles: "M10 3.5 4.5 5.5v4c0 3.4 2.3 5.9 5.5 7 3.2-1.1 5.5-3.6 5.5-7v-4ZM7.5 10l1.8 1.8 3.2-3.4",
  audit: "M5 3.5h7l3 3v10H5ZM7.5 9h5M7.5 12h5",
  refusals: "M10 16.5a6.5 6.5 0 1 0-6.5-6.5A6.5 6.5 0 0 0 10 16.5ZM5.6 5.6l8.8 8.8",
  datasource: "M7 3.5v4M13 3.5v4M5 7.5h10v2.5a5 5 0 0 1-10 0ZM10 15v2.5",
  webhook:
    "M5.5 8.5a4.5 4.5 0 0 1 9 0c0 3.5 1.5 4.5 1.5 5.5H4c0-1 1.5-2 1.5-5.5ZM8.5 16.5a1.6 1.6 0 0 0 3 0M10 2.5V4",
  reference:
    "M4 4.5h4.5a1.5 1.5 0 0 1 1.5 1.5v10a1.5 1.5 0 0 0-1.5-1.5H4ZM16 4.5h-4.5A1.5 1.5 0 0 0 10 6v10a1.5 1.5 0 0 1 1.5-1.5H16Z",
  leak: "M10 3.5c3 3.6 4.5 6 4.5 8.2a4.5 4.5 0 0 1-9 0C5.5 9.5 7 7.1 10 3.5ZM8 12a2 2 0 0 0 2 2",
  keys: "M10 3.5v3M10 13.5v3M3.5 10h3M13.5 10h3M10 12.5A2.5 2.5 0 1 0 7.5 10a2.5 2.5 0 0 0 2.5 2.5Z",
  copy: "M7.5 7.5h9v9h-9ZM12.5 7.5v-4h-9v9h4",
  check: "M4.5 10.5 8 14l7.5-8",
  more: "M5 10h.01M10 10h.01M15 10h.01",
  plus: "M10 4.5v11M4.5 10h11",
  search: "M9 14a5 5 0 1 0-5-5 5 5 0 0 0 5 5ZM12.7 12.7l3.8 3.8",
  reload: "M15.5 8A6 6 0 1 0 16 11.5M16 4.5V8h-3.5",
  left: "M12 5l-5 5 5 5",
  right: "M8 5l5 5-5 5",
  down: "M5 8l5 5 5-5",
  sun: "M10 13a3 3 0 1 0-3-3 3 3 0 0 0 3 3ZM10 3v1.5M10 15.5V17M3 10h1.5M15.5 10H17M5 5l1 1M14 14l1 1M15 5l-1 1M6 14l-1 1",
  moon: "M16 11.5A6.5 6.5 0 0 1 8.5 4a6.5 6.5 0 1 0 7.5 7.5Z",
  screen: "M3.5 4.5h13v8.5h-13ZM7.5 16h5M10 13v3",
  eye: "M3 10s2.5-4.5 7-4.5 7 4.5 7 4.5-2.5 4.5-7 4.5S3 10 3 10ZM10 12a2 2 0 1 0-2-2 2 2 0 0 0 2 2Z",
  warning: "M10 4 3 16h14ZM10 8.5v3.5M10 14h.01",
  person: "M10 10a3 3 0 1 0-3-3 3 3 0 0 0 3 3ZM4 16.5c.6-2.8 2.9-4 6-4s5.4 1.2 6 4",
  close: "M5.5 5.5l9 9M14.5 5.5l-9 9",
  download: "M10 3.5v9M6.5 9l3.5 3.5L13.5 9M4 16.5h12",
} as const;

export type IconName = keyof typeof drawings;

export const Icon = ({ name, size = 18 }: { name: IconName; size?: number }) => (
  <svg
    aria-hidden="true"
    width={size}
    height={size}
    viewBox="0 0 20 20"
    fill="none"
    stroke="currentColor"
    strokeWidth={name === "more" ? 2.4 : 1.5}
    strokeLinecap="round"
    strokeLinejoin="round"
  >
    <path d={drawings[name]} />
  </svg>
);
