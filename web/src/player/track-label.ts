// The name of a sound or caption track in a menu: its language in the reader's language, and what tells it apart.

interface NamedTrack {
  label: string; // as published: "English", "English (Director commentary)", "English 2"
  language: string; // BCP 47, may be empty
}

/** `languageName` gives a language's name in the language of the page. */
export function trackLabel({ label, language }: NamedTrack, languageName: (language: string) => string): string {
  if (!language || language === 'und') return label;
  const detail = / (\(.+\)|\d+)$/.exec(label)?.[1];
  const region = language.split('-')[1];
  return detail && detail !== `(${region})` ? `${languageName(language)} ${detail}` : languageName(language);
}

/** The captions that the shortcut switches on: the default ones, else the first that are not forced ones. */
export function usualCaption<T extends { isDefault: boolean; forced: boolean }>(captions: T[]): T | undefined {
  return captions.find((track) => track.isDefault) ?? captions.find((track) => !track.forced) ?? captions[0];
}
