import { t } from '../../frame/i18n.ts';
import { param, type RequirementKind } from './requirement.ts';

export const ageOver: RequirementKind = {
  values: (leaf) => ({ age: param(leaf, 'age') }),
  shares: () => t('requirement.age_over.share'),
};
