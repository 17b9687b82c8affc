import type { GivenPass } from '@swarma/client';

const kColumns = [
  'pass_id',
  'holder',
  'tier',
  'titles',
  'valid_from',
  'valid_until',
  'state',
  'path',
  'revoked_at',
] as const;

/** Passes as comma-separated values (RFC 4180); times are UTC. */
export function passesAsCsv(passes: readonly GivenPass[]): string {
  const rows = passes.map((pass) => kColumns.map((column) => quoted(textOf(pass, column))).join(','));
  return [kColumns.join(','), ...rows, ''].join('\r\n');
}

function textOf(pass: GivenPass, column: (typeof kColumns)[number]): string {
  const value = pass[column];
  if (value === undefined) return '';
  if (typeof value === 'number') return new Date(value * 1000).toISOString();
  return Array.isArray(value) ? value.join(' ') : value;
}

/** Quoted where it must be. A spreadsheet takes what begins with these signs for a formula: they get a quote in front. */
function quoted(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
