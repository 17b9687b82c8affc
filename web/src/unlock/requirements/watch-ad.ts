import type { RequirementLeaf } from '@swarma/client';
import { formatSpan, t } from '../../frame/i18n.ts';
import { param, type RequirementKind } from './requirement.ts';

const timeOf = (leaf: RequirementLeaf) => formatSpan(Number(param(leaf, 'seconds')));

export const watchAd: RequirementKind = {
  values: (leaf) => ({ time: timeOf(leaf) }),
  costs: (leaf) => t('requirement.watch_ad.cost', { time: timeOf(leaf) }),
};
