// Terms in plain sentences, as viewers will understand them.
import { isLeaf, type Policy, type PolicyPath, type Requirement } from '@swarma/client';
import { formatClock, formatMoment, formatSpan, t } from '../frame/i18n.ts';
import { requirementWords } from '../unlock/requirements/requirements.ts';
import { countryName } from './countries.ts';
import { type FilmLength, isWhole, secondsOfSlot } from './preview.ts';

/** One sentence for every way, with its limits. `film` is missing as long as the length is not known. */
export function policySentences(policy: Policy, film?: FilmLength): string[] {
  const sentences = policy.paths.map((path) => waySentence(path, film));
  return sentences.length > 0 ? sentences : [t('terms.nobody')];
}

export function waySentence(path: PolicyPath, film?: FilmLength): string {
  const first = path.grants?.pass ? passSentence(path, path.grants.pass) : filmSentence(path, film);
  return [first, ...limitsOf(path)].join(' ');
}

function filmSentence(path: PolicyPath, film: FilmLength | undefined): string {
  const part = partOf(path, film);
  return path.requires ? t('terms.whoever', { does: doesOf(path.requires), part }) : t('terms.everybody', { part });
}

type Pass = NonNullable<NonNullable<PolicyPath['grants']>['pass']>;

function passSentence({ requires }: PolicyPath, { tier, titles }: Pass): string {
  const what = t(titles === 'this' ? 'terms.pass.this' : 'terms.pass.all', { tier });
  return requires ? t('terms.whoeverPass', { does: doesOf(requires), what }) : t('terms.everybodyPass', { what });
}

function limitsOf({ requires, grants = {} }: PolicyPath): string[] {
  const { pass, unlock_s = 0, max_plays = 0, cooldown_s = 0, geo = {}, between = {} } = grants;
  const countries = (codes: string[]) => codes.map(countryName).join(', ');
  return [
    requires && unlock_s > 0 && t('terms.lasts', { time: formatSpan(unlock_s) }),
    pass?.life_s && t('terms.passLasts', { time: formatSpan(pass.life_s) }),
    max_plays > 0 && t('terms.max', { n: max_plays }),
    cooldown_s > 0 && t('terms.cooldown', { time: formatSpan(cooldown_s) }),
    geo.allow && geo.allow.length > 0 && t('terms.onlyIn', { countries: countries(geo.allow) }),
    geo.deny && geo.deny.length > 0 && t('terms.notIn', { countries: countries(geo.deny) }),
    between.from && t('terms.from', { time: formatMoment(between.from) }),
    between.until && t('terms.until', { time: formatMoment(between.until) }),
  ].filter((sentence) => typeof sentence === 'string');
}

function partOf(path: PolicyPath, film: FilmLength | undefined): string {
  const part = stretchOf(path, film);
  const groups = path.grants?.key_groups;
  if (!groups || film?.groups?.every((group) => groups.includes(group))) return part;
  return groups.join() === 'sd'
    ? t('terms.part.small', { part })
    : t('terms.part.groups', { part, groups: groups.join(', ') });
}

function stretchOf(path: PolicyPath, film: FilmLength | undefined): string {
  const seconds = path.grants?.seconds ?? path.grants?.slots?.map((slot) => secondsOfSlot(slot, film));
  if (!seconds || isWhole(path, film)) return t('terms.part.all');
  const [from = 0, to = 0] = seconds;
  if (from > 0) return t('terms.part.between', { from: formatClock(from), to: formatClock(to) });
  return t('terms.part.first', { time: formatClock(to) });
}

function doesOf(requirement: Requirement, inner = false): string {
  if (isLeaf(requirement)) return requirementWords(requirement, 'does');
  const all = 'allOf' in requirement;
  const children = all ? requirement.allOf : requirement.anyOf;
  if (children.length === 0) return '';
  const joined = children
    .map((child) => doesOf(child, true))
    .reduce((first, second) => t(all ? 'terms.and' : 'terms.or', { first, second }));
  return inner && children.length > 1 ? t('terms.group', { inner: joined }) : joined;
}
