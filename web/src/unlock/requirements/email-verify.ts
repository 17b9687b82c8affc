import { t } from '../../frame/i18n.ts';
import type { RequirementKind } from './requirement.ts';

export const emailVerify: RequirementKind = {
  shares: () => t('requirement.email_verify.share'),
};
