// Terms in plain words, before any action: what a way asks, opens, costs and shares.
import { childrenOf, isLeaf, listLeaves, type OfferPath, type Requirement, type RequirementLeaf, type TitleDetails } from '@swarma/client';
import { formatClock, formatMoment, formatSpan, hasMessage, t, type MessageKey } from '../frame/i18n.ts';

/** Hashes a second that an ordinary device does in the worker; only for telling the order of magnitude beforehand. */
const kUsualHashRate = 400_000;

export interface Film {
  slots: number;
  durationMs: number;
  details: TitleDetails;
}

export function puzzleSeconds(difficulty: number): number {
  return 2 ** difficulty / kUsualHashRate;
}

const textOf = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '');

/** Values that the sentences about a requirement use. */
export function leafValues(leaf: RequirementLeaf): Record<string, string> {
  const params = leaf.params ?? {};
  const seconds = leaf.requirement === 'puzzle_solve' ? puzzleSeconds(Number(params['difficulty'] ?? 0)) : Number(params['seconds'] ?? 0);
  const time = formatSpan(seconds);
  return {
    text: textOf(params['text']),
    list: textOf(params['list']),
    amount: [textOf(params['amount']), textOf(params['currency'])].filter(Boolean).join(' '),
    time: leaf.requirement === 'puzzle_solve' ? t('time.about', { time }) : time,
    name: leaf.requirement,
  };
}

function keyFor(prefix: string, requirement: string, fallback: MessageKey): MessageKey {
  const key = `${prefix}.${requirement}`;
  return hasMessage(key) ? (key as MessageKey) : fallback;
}

export function askSentence(leaf: RequirementLeaf): string {
  return t(keyFor('ways.ask', leaf.requirement, 'ways.ask.unknown'), leafValues(leaf));
}

/** Labels that presets of the program write: no words of the creator's, so the reader's language goes before them. */
const kPresetLabels = new Set(['Watch it', 'Give your word', 'Let your machine work a moment', 'Enter your code']);

/** The name of a way: the creator's label, or one made of what it asks. */
export function pathLabel(path: OfferPath, film: Film): string {
  if (path.label && !kPresetLabels.has(path.label)) return path.label;
  const leaves = listLeaves(path.requires);
  if (leaves.length === 0) return t(isWhole(path, film) ? 'ways.label.open' : 'ways.label.preview');
  const names = new Set(leaves.map((leaf) => leaf.requirement));
  if (names.size === 1 && path.requires && isLeaf(path.requires)) return t(keyFor('ways.label', leaves[0]?.requirement ?? '', 'ways.label.several'), { n: 1 });
  const { requires } = path;
  if (requires && 'anyOf' in requires && requires.anyOf.length > 1) return t('ways.label.choice', { n: requires.anyOf.length });
  return t('ways.label.several', { n: requires && 'allOf' in requires ? requires.allOf.length : 1 });
}

export function isWhole(path: OfferPath, film: Film): boolean {
  return path.grants.slots[0] === 0 && path.grants.slots[1] >= film.slots;
}

export function slotSeconds(slot: number, film: Film): number {
  return ((film.durationMs / 1000) * slot) / film.slots;
}

function partSentence(path: OfferPath, film: Film): string {
  const [begin, end] = path.grants.slots;
  if (isWhole(path, film)) return t('ways.get.all', { time: formatClock(film.durationMs / 1000) });
  if (begin === 0) return t('ways.get.first', { time: formatClock(slotSeconds(end, film)) });
  return t('ways.get.part', { from: formatClock(slotSeconds(begin, film)), to: formatClock(slotSeconds(end, film)) });
}

/** What a way opens, with the best picture in its key groups when others open more. */
export function getSentence(path: OfferPath, film: Film): string {
  const part = partSentence(path, film);
  const videos = film.details.tracks.filter((track) => track.kind === 'video');
  const heights = videos.filter((track) => path.grants.key_groups.includes(track.key_group)).map((track) => Math.min(track.width ?? 0, track.height ?? 0));
  if (videos.length > 0 && heights.length === 0) return t('ways.get.sound', { part });
  const best = Math.max(0, ...heights);
  return best > 0 ? t('ways.get.quality', { part, quality: t('quality.height', { n: String(best) }) }) : part;
}

/** For how long and how often; nothing for open ways, which last as long as they are open. */
export function lastSentences(path: OfferPath): string[] {
  const { unlock_s = 0, max_plays = 0, cooldown_s = 0, between } = path.grants;
  const parts: string[] = [];
  if (!path.open && unlock_s > 0) parts.push(formatSpan(unlock_s));
  if (max_plays > 0) parts.push(t('ways.lasts.plays', { n: max_plays }));
  if (cooldown_s > 0) parts.push(t('ways.lasts.cooldown', { time: formatSpan(cooldown_s) }));
  const out = parts.length > 0 ? [parts.join(' · ')] : [];
  if (between?.until) out.push(t('ways.between', { from: formatMoment(between.from ?? 0), until: formatMoment(between.until) }));
  return out;
}

export function costSentences(path: OfferPath): string[] {
  const names = new Set(listLeaves(path.requires).map((leaf) => leaf.requirement));
  const out: string[] = [];
  for (const leaf of listLeaves(path.requires)) {
    if (leaf.requirement === 'crypto_payment') out.push(leafValues(leaf)['amount'] ?? '');
    if (leaf.requirement === 'watch_ad') out.push(t('ways.cost.attention', leafValues(leaf)));
  }
  if (names.has('puzzle_solve')) out.push(t('ways.cost.effort'));
  return out.length > 0 ? out : [t('ways.cost.nothing')];
}

export function shareSentences(path: OfferPath): string[] {
  const names = new Set(listLeaves(path.requires).map((leaf) => leaf.requirement));
  return [
    t('ways.share.key'),
    ...(names.has('email_verify') ? [t('ways.share.email')] : []),
    ...(names.has('social_like') ? [t('ways.share.account')] : []),
    ...(names.has('crypto_payment') ? [t('ways.share.payment')] : []),
  ];
}

/** The shape of what is asked, for a nested list. */
export type AskTree = { leaf: RequirementLeaf } | { all: boolean; children: AskTree[] };

export function askTree(requirement: Requirement): AskTree {
  if (isLeaf(requirement)) return { leaf: requirement };
  const children = childrenOf(requirement).map(askTree);
  return children.length === 1 ? (children[0] as AskTree) : { all: 'allOf' in requirement, children };
}
