// Terms in plain words, shown before the viewer does anything: what a way opens, costs and shares, and how long it
// lasts.
import {
  childrenOf,
  isLeaf,
  listLeaves,
  type OfferPath,
  type Requirement,
  type RequirementLeaf,
  type TitleDetails,
} from '@swarma/client';
import { formatClock, formatMoment, formatSpan, t } from '../frame/i18n.ts';
import { kindOf, requirementWords } from './requirements/requirements.ts';

export interface Film {
  slots: number;
  durationMs: number;
  details: TitleDetails;
}

/** The name of a way: the creator's label, or one made of what it asks. */
export function pathLabel({ label, requires, grants }: OfferPath, film: Film): string {
  if (label) return label;
  if (grants.pass) return t('ways.label.pass');
  if (!requires || listLeaves(requires).length === 0)
    return t(isWhole(grants.slots, film) ? 'ways.label.open' : 'ways.label.preview');
  if (isLeaf(requires)) return requirementWords(requires, 'label');
  if ('anyOf' in requires && requires.anyOf.length > 1) return t('ways.label.choice', { n: requires.anyOf.length });
  return t('ways.label.several', { n: 'allOf' in requires ? requires.allOf.length : 1 });
}

export function isWhole([begin, end]: readonly number[], film: Film): boolean {
  return begin === 0 && (end ?? 0) >= film.slots;
}

function slotSeconds(slot: number, film: Film): number {
  return ((film.durationMs / 1000) * slot) / film.slots;
}

function partSentence({ grants: { slots } }: OfferPath, film: Film): string {
  const [begin, end] = slots;
  if (isWhole(slots, film)) return t('ways.get.all', { time: formatClock(film.durationMs / 1000) });
  if (begin === 0) return t('ways.get.first', { time: formatClock(slotSeconds(end, film)) });
  return t('ways.get.part', { from: formatClock(slotSeconds(begin, film)), to: formatClock(slotSeconds(end, film)) });
}

/** What a way opens, with the best quality in its key groups. */
export function getSentence(path: OfferPath, film: Film): string {
  const { pass } = path.grants;
  if (pass) return t(pass.titles === 'this' ? 'ways.get.pass.this' : 'ways.get.pass.all', { tier: pass.tier });
  const part = partSentence(path, film);
  const videos = film.details.tracks.filter((track) => track.kind === 'video');
  const heights = videos
    .filter((track) => path.grants.key_groups.includes(track.key_group))
    .map((track) => Math.min(track.width ?? 0, track.height ?? 0));
  if (videos.length > 0 && heights.length === 0) return t('ways.get.sound', { part });
  const best = Math.max(0, ...heights);
  return best > 0 ? t('ways.get.quality', { part, quality: t('film.lines', { n: String(best) }) }) : part;
}

/** For how long and how often. An open way has no limit of its own. */
export function lastSentences(path: OfferPath): string[] {
  const { pass, unlock_s = 0, max_plays = 0, cooldown_s = 0, between } = path.grants;
  const parts: string[] = [];
  if (pass?.life_s) parts.push(formatSpan(pass.life_s));
  else if (!path.open && unlock_s > 0) parts.push(formatSpan(unlock_s));
  if (max_plays > 0) parts.push(t('ways.lasts.plays', { n: max_plays }));
  if (cooldown_s > 0) parts.push(t('ways.lasts.cooldown', { time: formatSpan(cooldown_s) }));
  const out = parts.length > 0 ? [parts.join(' · ')] : [];
  if (between?.until)
    out.push(t('ways.between', { from: formatMoment(between.from ?? 0), until: formatMoment(between.until) }));
  return out;
}

export function costSentences(path: OfferPath): string[] {
  const costs = listLeaves(path.requires).flatMap((leaf) => kindOf(leaf.requirement).costs?.(leaf) ?? []);
  return costs.length > 0 ? [...new Set(costs)] : [t('ways.cost.nothing')];
}

export function shareSentences(path: OfferPath): string[] {
  const shares = listLeaves(path.requires).flatMap((leaf) => kindOf(leaf.requirement).shares?.(leaf) ?? []);
  return [t('ways.share.key'), ...new Set(shares)];
}

/** What a way asks, as a tree for a nested list. */
export type AskTree = { leaf: RequirementLeaf } | { all: boolean; children: AskTree[] };

export function askTree(requirement: Requirement): AskTree {
  if (isLeaf(requirement)) return { leaf: requirement };
  const children = childrenOf(requirement).map(askTree);
  return children.length === 1 ? (children[0] as AskTree) : { all: 'allOf' in requirement, children };
}
