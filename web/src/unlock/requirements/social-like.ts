import { t } from '../../frame/i18n.ts';
import type { RequirementKind } from './requirement.ts';

export const socialLike: RequirementKind = {
  shares: () => t('requirement.social_like.share'),
};
