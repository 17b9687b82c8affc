// Terms of a title: turns presets into a policy, and any policy into plain sentences.
import { type Codes, isLeaf, type Policy, type PolicyPath, type Requirement } from '@swarma/client';
import { formatClock, formatSpan, t } from '../frame/i18n.ts';
import { requirementWords } from '../unlock/requirements/requirements.ts';
import { type FilmLength, isWhole, previewThatFits, secondsOfSlot } from './preview.ts';

export type PresetName = 'open' | 'goodwill' | 'puzzle' | 'goodwillPuzzle' | 'code' | 'own';
export const presetNames: readonly PresetName[] = ['open', 'goodwill', 'puzzle', 'goodwillPuzzle', 'code', 'own'];

export interface TermsDraft {
  preset: PresetName;
  text: string;
  difficulty: number;
  code: string;
  preview: boolean;
  previewSeconds: number;
  previewChosen: boolean; // the creator has set its length; until then the length follows the film
  openToAll: boolean; // the creator knows that a way without a condition opens the whole film
  unlockSeconds: number;
  json: string; // preset "own"
}

export const difficulties = { light: 19, medium: 23, heavy: 27 } as const;
export const kMinCodeLength = 4;
const kWindowSeconds = 600; // an unlock gives keys for ten minutes of film at a time
const kCodeList = 'guests';

export function newTerms(): TermsDraft {
  return {
    preset: 'goodwill',
    text: t('publish.terms.textDefault'),
    difficulty: difficulties.light,
    code: '',
    preview: true,
    previewSeconds: 120,
    previewChosen: false,
    openToAll: false,
    unlockSeconds: 7 * 86400,
    json: '',
  };
}

/** The terms with a preview of a fitting length, unless the creator has set its length. */
export function withFittingPreview(terms: TermsDraft, film: FilmLength | undefined): TermsDraft {
  if (!film || terms.previewChosen) return terms;
  const fits = previewThatFits(film);
  return fits === undefined ? { ...terms, preview: false } : { ...terms, previewSeconds: fits };
}

/** The policy and its private codes. Throws an Error that says what is wrong with terms written as JSON. */
export function toPolicy(draft: TermsDraft): { policy: Policy; codes?: Codes } {
  if (draft.preset === 'own') return { policy: parseOwn(draft.json) };
  if (draft.preset === 'open') return { policy: { version: 1, paths: [{ id: 'open' }] } };
  const goodwill: Requirement = { requirement: 'goodwill_ack', params: { text: draft.text.trim() } };
  const puzzle: Requirement = {
    requirement: 'puzzle_solve',
    params: { algorithm: 'sha256', difficulty: draft.difficulty },
  };
  const grants = { unlock_s: draft.unlockSeconds, window_s: kWindowSeconds };
  const paths: PolicyPath[] = draft.preview ? [{ id: 'preview', grants: { seconds: [0, draft.previewSeconds] } }] : [];
  if (draft.preset === 'goodwill' || draft.preset === 'goodwillPuzzle')
    paths.push({ id: 'goodwill', requires: goodwill, grants });
  if (draft.preset === 'puzzle' || draft.preset === 'goodwillPuzzle')
    paths.push({ id: 'puzzle', requires: puzzle, grants });
  if (draft.preset !== 'code') return { policy: { version: 1, paths } };
  paths.push({ id: 'code', requires: { requirement: 'allowlist_token', params: { list: kCodeList } }, grants });
  return { policy: { version: 1, paths }, codes: { [kCodeList]: [{ code: draft.code.trim(), max_uses: 0 }] } };
}

function parseOwn(json: string): Policy {
  const value = JSON.parse(json) as Policy;
  if (typeof value !== 'object' || value === null || !Array.isArray(value.paths)) throw new Error('"paths"');
  return value;
}

/** One sentence for every way, with its limits. `film` is missing as long as the length is not known. */
export function policySentences(policy: Policy, film?: FilmLength): string[] {
  const sentences = policy.paths.flatMap((path) => {
    const part = partOf(path, film);
    const first = path.requires
      ? t('terms.whoever', { does: doesOf(path.requires), part })
      : t('terms.everybody', { part });
    const more =
      path.requires && path.grants?.unlock_s ? [t('terms.lasts', { time: formatSpan(path.grants.unlock_s) })] : [];
    const limit = path.grants?.max_plays ? [t('terms.max', { n: path.grants.max_plays })] : [];
    return [[first, ...more, ...limit].join(' ')];
  });
  return sentences.length > 0 ? sentences : [t('terms.nobody')];
}

function partOf(path: PolicyPath, film: FilmLength | undefined): string {
  const seconds = path.grants?.seconds ?? path.grants?.slots?.map((slot) => secondsOfSlot(slot, film));
  if (!seconds || isWhole(path, film)) return t('terms.part.all');
  const [from = 0, to = 0] = seconds;
  if (from > 0) return t('terms.part.between', { from: formatClock(from), to: formatClock(to) });
  return t('terms.part.first', { time: formatClock(to) });
}

function doesOf(requirement: Requirement): string {
  if (isLeaf(requirement)) return requirementWords(requirement, 'does');
  const all = 'allOf' in requirement;
  const children = all ? requirement.allOf : requirement.anyOf;
  return children.map(doesOf).reduce((first, second) => t(all ? 'terms.and' : 'terms.or', { first, second }));
}
