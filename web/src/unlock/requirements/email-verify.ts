import { formatList, t } from '../../frame/i18n.ts';
import { listParam, type RequirementKind } from './requirement.ts';

export const emailVerify: RequirementKind = {
  values: (leaf) => ({ domains: formatList(listParam(leaf, 'allow')) }),
  variant: (leaf) => (listParam(leaf, 'allow').length > 0 ? 'domains' : ''),
  shares: () => t('requirement.email_verify.share'),
};
