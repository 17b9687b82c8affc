// Words, numbers and dates in the reader's language.
import { signal } from '@preact/signals';
import {
  type Feature,
  fetchMessages,
  type Language,
  languages,
  type MessageKey,
  type Messages,
  type Plural,
} from '../messages/messages.ts';

export { type Language, languages, type MessageKey };
type Values = Record<string, string | number>;

const kRightToLeft = new Set(['ar']);
const kStorageKey = 'swarma.language';

export const language = signal<Language>('en');
const messages = signal<Messages>({});
const needed = new Set<Feature>();
let wanted = preferredLanguage();

export async function setLanguage(code: Language): Promise<void> {
  wanted = code;
  localStorage.setItem(kStorageKey, code);
  await loadMessages();
}

/** Loads the messages of features in the language of the page, and in every language that is chosen later. */
export async function needMessages(...features: Feature[]): Promise<void> {
  for (const feature of features) needed.add(feature);
  await loadMessages();
}

/** A chunk of code together with the messages of its feature. */
export async function withMessages<T>(feature: Feature, chunk: Promise<T>): Promise<T> {
  const [loaded] = await Promise.all([chunk, needMessages(feature)]);
  return loaded;
}

async function loadMessages(): Promise<void> {
  const code = wanted;
  const loaded = await Promise.all([...needed].map((feature) => fetchMessages(feature, code)));
  if (code !== wanted) return loadMessages(); // another language was chosen meanwhile
  messages.value = Object.assign({}, messages.value, ...loaded) as Messages;
  language.value = code;
  document.documentElement.lang = code;
  document.documentElement.dir = kRightToLeft.has(code) ? 'rtl' : 'ltr';
}

/** The language chosen earlier, or the first of the browser's languages that the pages have. */
function preferredLanguage(): Language {
  const tags = [localStorage.getItem(kStorageKey) ?? '', ...navigator.languages].map((tag) => tag.split('-')[0] ?? '');
  return (tags.find((code) => code in languages) as Language | undefined) ?? 'en';
}

export function hasMessage(key: string): key is MessageKey {
  return key in messages.value;
}

/** The message with `{name}` replaced; a plural message takes its form from `values.n`. */
export function t(key: MessageKey, values: Values = {}): string {
  const message = messages.value[key];
  if (message === undefined) return key;
  const text = typeof message === 'string' ? message : pickPlural(message, Number(values['n'] ?? 0));
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    return value === undefined ? whole : typeof value === 'number' ? formatNumber(value) : isolated(value);
  });
}

/** Isolates text that runs in the other direction, so that punctuation around it stays in place. */
function isolated(value: string): string {
  const other = document.documentElement.dir === 'rtl' ? /\p{Script=Latin}/u : /[\p{Script=Arabic}\p{Script=Hebrew}]/u;
  return other.test(value) ? `\u2068${value}\u2069` : value;
}

function pickPlural(forms: Plural, n: number): string {
  return forms[new Intl.PluralRules(language.value).select(n)] ?? forms.other ?? '';
}

/** Splits a message around one placeholder that is not text (a link, a code element). */
export function around(key: MessageKey, name: string, values: Values = {}): [string, string] {
  const [before = '', after = ''] = t(key, { ...values, [name]: '\u0000' }).split('\u0000');
  return [before, after];
}

export function formatNumber(value: number, options: Intl.NumberFormatOptions = {}): string {
  return new Intl.NumberFormat(language.value, options).format(value);
}

export function formatDate(unixSeconds: number): string {
  return new Intl.DateTimeFormat(language.value, { dateStyle: 'medium' }).format(unixSeconds * 1000);
}

/** A moment in the future: only the time when it is within a day, date and time otherwise. */
export function formatMoment(unixSeconds: number): string {
  const near = unixSeconds * 1000 - Date.now() < 20 * 3600_000;
  return new Intl.DateTimeFormat(
    language.value,
    near ? { timeStyle: 'short' } : { dateStyle: 'medium', timeStyle: 'short' },
  ).format(unixSeconds * 1000);
}

/** 3725 → "1:02:05": a place in a film. */
export function formatClock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (n: number) => formatNumber(n, { minimumIntegerDigits: 2 });
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return hours > 0
    ? `${formatNumber(hours)}:${two(minutes)}:${two(whole % 60)}`
    : `${formatNumber(minutes)}:${two(whole % 60)}`;
}

/** A length of time in the largest unit that suits it: "2 hours", "45 seconds". */
export function formatSpan(seconds: number): string {
  if (seconds < 0.75) return t('time.moment');
  const units = [
    ['time.day', 86400],
    ['time.hour', 3600],
    ['time.minute', 60],
    ['time.second', 1],
  ] as const;
  const fits = ([, size]: (typeof units)[number]) =>
    seconds >= 2 * size || (seconds >= size && Math.round(seconds) % size === 0);
  const [unit, size] = units.find(fits) ?? ['time.second', 1];
  return t(unit, { n: Math.max(1, Math.round(seconds / size)) });
}

export function formatBytes(bytes: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'];
  const power = Math.min(units.length - 1, bytes < 1000 ? 0 : Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return formatNumber(value, {
    style: 'unit',
    unit: units[power] as string,
    maximumFractionDigits: value < 10 && power > 0 ? 1 : 0,
  });
}

export function formatBitRate(bitsPerSecond: number): string {
  return formatNumber(bitsPerSecond / 1e6, { style: 'unit', unit: 'megabit-per-second', maximumFractionDigits: 1 });
}

/** "Deutsch" → "German" in English: the name of a BCP 47 tag in the reader's language. */
export function languageName(tag: string): string {
  try {
    return new Intl.DisplayNames(language.value, { type: 'language' }).of(tag) ?? tag;
  } catch {
    return tag; // not a well-formed tag: show it as it is
  }
}

export function formatList(items: string[]): string {
  return new Intl.ListFormat(language.value, { type: 'conjunction' }).format(items);
}
