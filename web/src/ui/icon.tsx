// Icons on a grid of 16, in strokes of the text's colour.
const paths = {
  overview: "M2.5 11.5a5.5 5.5 0 1 1 11 0M8 11.5l2.6-3.4M2.5 11.5h2M11.5 11.5h2",
  quotas: "M2.5 4.5h6M11.5 4.5h2M2.5 11.5h2M7.5 11.5h6M10 3v3M6 10v3",
  calls: "M2.5 4h11M2.5 8h11M2.5 12h7",
  runs: "M2.5 3.5h5M5.5 8h6M9 12.5h4.5",
  cost: "M8 2v12M11 4.8c-.6-.9-1.7-1.3-3-1.3-1.7 0-3 .8-3 2.2 0 3.2 6.2 1.4 6.2 4.6 0 1.4-1.4 2.2-3.2 2.2-1.5 0-2.7-.5-3.3-1.5",
  plan: "M2.5 13.5v-11M2.5 13.5h11M4.5 11c3 0 3.5-6.500 8.500-6.500M9.500 7.500v6",
  alarms: "M4 11V7.300a4 4 0 0 1 8 0V11l1 1.200H3zM6.700 14h2.600",
  doctor: "M2 8.500h2.800l1.700-4.500 3 8 1.600-3.500H14",
  schema: "M2.500 3h4.500v3.500h-4.500zM9 9.500h4.500V13H9zM4.700 6.500v4.700H9",
  jobs: "M2.500 5.500h11v7.500h-11zM6 5.500V3h4v2.500",
  tokens: "M10 6a3 3 0 1 1-2.200 5L2.500 11V9l5-.3M10.800 9h.01",
  terminal: "M3 4.500 6.500 8 3 11.500M8.500 11.500h4.500",
  copy: "M5.500 5.500V3h7.500v7.500h-2.500M3 5.500h7.500V13H3z",
  close: "m4 4 8 8M12 4l-8 8",
  check: "m3 8.500 3.300 3.300L13 4.800",
  warn: "M8 2.500 14 13H2zM8 6.500v3M8 11.300v.01",
  info: "M8 7.500V11M8 5v.01M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12z",
  refresh: "M13 8a5 5 0 1 1-1.500-3.600M13 2.500v3h-3",
  pause: "M5.500 3.500v9M10.500 3.500v9",
  play: "M5 3.300v9.400L12.500 8z",
  menu: "M2.500 4.500h11M2.500 8h11M2.500 11.500h11",
  sun: "M8 10.700a2.700 2.700 0 1 0 0-5.400 2.700 2.700 0 0 0 0 5.400zM8 1.500v1.300M8 13.200v1.300M1.500 8h1.300M13.200 8h1.300M3.400 3.400l.9.9M11.700 11.700l.9.9M3.400 12.600l.9-.9M11.700 4.300l.9-.9",
  moon: "M13 9.500A5.500 5.500 0 0 1 6.500 3a5.500 5.500 0 1 0 6.500 6.500z",
  system: "M2.500 3h11v7.500h-11zM6 13.500h4M8 10.500v3",
  search: "M7 11.500a4.500 4.500 0 1 0 0-9 4.500 4.500 0 0 0 0 9zM10.300 10.300l3.200 3.200",
  arrow: "M3 8h10M9 4l4 4-4 4",
  out: "M6.500 3H3v10h3.500M10 5l3 3-3 3M6.500 8H13",
  table: "M2.500 3.500h11v9h-11zM2.500 6.500h11M6.500 6.500v6",
  up: "M8 13V3M4 7l4-4 4 4",
} as const;

export type IconName = keyof typeof paths;

/** Icon is decoration: what it means stands beside it, or in the label of its button. */
export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 16 16" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}

/** Mark is the gate in its frame, and the water below it. */
export function Mark({ size = 22 }: { size?: number }) {
  return (
    <svg class="mark" width={size} height={size} viewBox="0 0 20 20" aria-hidden="true">
      <rect width="20" height="20" rx="5" />
      <path d="M5 4v12M15 4v12M5 8.5h10M10 4v4.500" />
      <path class="water" d="M7.200 13c.9-1 1.900-1 2.800 0s1.900 1 2.800 0" />
    </svg>
  );
}
