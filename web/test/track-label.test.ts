import assert from 'node:assert/strict';
import { test } from 'node:test';
import { trackLabel, usualCaption } from '../src/player/track-label.ts';

const inGerman = (tag: string) => ({ en: 'Englisch', 'pt-BR': 'Portugiesisch (Brasilien)' })[tag] ?? tag;

test('a track is called by its language, and by what tells it apart', () => {
  const label = (name: string, language: string) => trackLabel({ label: name, language }, inGerman);
  assert.equal(label('English', 'en'), 'Englisch');
  assert.equal(label('English (Director commentary)', 'en'), 'Englisch (Director commentary)');
  assert.equal(label('English 2', 'en'), 'Englisch 2');
  assert.equal(label('Portuguese (BR)', 'pt-BR'), 'Portugiesisch (Brasilien)');
  assert.equal(label('Sound', 'und'), 'Sound');
});

test('captions that are switched on are the default ones, else the first that are not forced', () => {
  const forced = { isDefault: false, forced: true };
  const whole = { isDefault: false, forced: false };
  const marked = { isDefault: true, forced: true };
  assert.equal(usualCaption([forced, whole]), whole);
  assert.equal(usualCaption([forced, whole, marked]), marked);
  assert.equal(usualCaption([forced]), forced);
  assert.equal(usualCaption([]), undefined);
});
