// A handful of 24-unit line icons; always beside text or under an accessible name, so hidden from screen readers.
const kPaths = {
  search: 'M10.5 4a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zM15.5 15.5 20 20',
  close: 'M6 6l12 12M18 6L6 18',
  play: 'M8 5.5v13l10.5-6.5z',
  lock: 'M7 11V8a5 5 0 0 1 10 0v3M5.5 11h13v9h-13z',
  open: 'M7 11V8a5 5 0 0 1 9.6-2M5.5 11h13v9h-13z',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  display: 'M4 12h16M12 4a12 12 0 0 1 0 16M12 4a12 12 0 0 0 0 16M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16z',
  gear: 'M4 7h9M17 7h3M4 17h3M11 17h9M15 4.5v5M9 14.5v5',
  upload: 'M12 16V5M7 9.5 12 4.5l5 5M5 19.5h14',
  more: 'M6 12h.01M12 12h.01M18 12h.01',
  up: 'M5 15l7-7 7 7',
  down: 'M5 9l7 7 7-7',
  back: 'M15 5l-7 7 7 7',
  warning: 'M12 4.5 21 19.5H3zM12 10v4M12 16.8h.01',
  captions: 'M4 6h16v12H4zM10.5 10.5a2 2 0 1 0 0 3M16.5 10.5a2 2 0 1 0 0 3',
  film: 'M4 5.5h16v13H4zM8 5.5v13M16 5.5v13M4 9.8h4M4 14.2h4M16 9.8h4M16 14.2h4',
  link: 'M10 14a4 4 0 0 0 6 .4l2.6-2.6a4 4 0 0 0-5.7-5.7L11.5 7.5M14 10a4 4 0 0 0-6-.4l-2.6 2.6a4 4 0 0 0 5.7 5.7l1.4-1.4',
  key: 'M14.5 4.5a5 5 0 1 1-4.3 7.5L4.5 17.7V20h3v-2h2v-2h1.8l1-1.3',
} as const;

export type IconName = keyof typeof kPaths;

export function Icon({ name }: { name: IconName }) {
  const filled = name === 'play';
  return (
    <svg class={`icon icon-${name}`} viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">
      <path
        d={kPaths[name]}
        fill={filled ? 'currentColor' : 'none'}
        stroke={filled ? 'none' : 'currentColor'}
        stroke-width={name === 'more' ? 2.6 : 1.7}
        stroke-linecap="round"
        stroke-linejoin="round"
      />
    </svg>
  );
}

export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 64 64" width="32" height="32" aria-hidden="true" focusable="false">
      <path d="M25 17v30l26-15z" fill="currentColor" />
      <circle cx="13" cy="18" r="4" opacity=".45" fill="currentColor" />
      <circle cx="9" cy="32" r="4" opacity=".75" fill="currentColor" />
      <circle cx="13" cy="46" r="4" opacity=".45" fill="currentColor" />
    </svg>
  );
}
