// Every text of the pages: messages/<feature>/<language>.json. Other languages have exactly the keys of English
// (tools/check-messages.mjs). To add a feature: a folder, and its lines here. To add a language: a file in every
// folder, and a line in `languages`.
import type catalog from './catalog/en.json';
import type frame from './frame/en.json';
import type player from './player/en.json';
import type studio from './studio/en.json';
import type unlock from './unlock/en.json';
import type watch from './watch/en.json';

interface English {
  catalog: typeof catalog;
  frame: typeof frame;
  player: typeof player;
  studio: typeof studio;
  unlock: typeof unlock;
  watch: typeof watch;
}

export type Feature = keyof English;
export type MessageKey = { [F in Feature]: keyof English[F] }[Feature];
export type Plural = Partial<Record<Intl.LDMLPluralRule, string>>;
export type Messages = Record<string, string | Plural>;

/** The languages of the pages, each with its name in itself. */
export const languages = { en: 'English', de: 'Deutsch', ar: 'العربية' };
export type Language = keyof typeof languages;

const files = import.meta.glob<Messages>('./*/*.json', { import: 'default' });

export async function fetchMessages(feature: Feature, language: Language): Promise<Messages> {
  const load = files[`./${feature}/${language}.json`];
  return load ? load() : {};
}
