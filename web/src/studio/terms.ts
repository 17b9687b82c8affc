// Terms of a title: turns presets and a creator's own terms into a policy with its private codes.
import type { Codes, Policy, PolicyPath, Requirement } from '@swarma/client';
import { t } from '../frame/i18n.ts';
import { type FilmLength, previewThatFits } from './preview.ts';
import { kMinCodeLength, parsePolicy, readCodes } from './written-terms.ts';

export type PresetName = 'open' | 'goodwill' | 'puzzle' | 'goodwillPuzzle' | 'code' | 'own';
export const presetNames: readonly PresetName[] = ['open', 'goodwill', 'puzzle', 'goodwillPuzzle', 'code', 'own'];

/** Terms that the creator puts together. */
export interface OwnTerms {
  policy: Policy;
  /** The codes of each list as they are typed: one a line, with the number of uses behind a comma. */
  codes: Record<string, string>;
  /** The text of the terms, while they are written as JSON. */
  json?: string;
}

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
  own?: OwnTerms; // preset "own"
}

export const difficulties = { light: 19, medium: 23, heavy: 27 } as const;
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
  };
}

/** The terms with a preview of a fitting length, unless the creator has set its length. */
export function withFittingPreview(terms: TermsDraft, film: FilmLength | undefined): TermsDraft {
  if (!film || terms.previewChosen) return terms;
  const fits = previewThatFits(film);
  return fits === undefined ? { ...terms, preview: false } : { ...terms, previewSeconds: fits };
}

/** The policy and its private codes. Throws an Error that says what is wrong with JSON or with a code. */
export function toPolicy(draft: TermsDraft): { policy: Policy; codes?: Codes } {
  if (draft.preset === 'own') return ownPolicy(draft.own);
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

function ownPolicy(own: OwnTerms = { policy: { version: 1, paths: [] }, codes: {} }): {
  policy: Policy;
  codes?: Codes;
} {
  const policy = own.json === undefined ? own.policy : parsePolicy(own.json);
  const { codes, tooShort } = readCodes(own.codes);
  if (tooShort !== undefined) throw new Error(t('publish.terms.codeShort', { code: tooShort, n: kMinCodeLength }));
  return Object.keys(codes).length > 0 ? { policy, codes } : { policy };
}
