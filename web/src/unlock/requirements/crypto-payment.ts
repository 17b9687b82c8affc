import type { RequirementLeaf } from '@swarma/client';
import { t } from '../../frame/i18n.ts';
import { param, type RequirementKind } from './requirement.ts';

const amountOf = (leaf: RequirementLeaf) => [param(leaf, 'amount'), param(leaf, 'currency')].filter(Boolean).join(' ');

export const cryptoPayment: RequirementKind = {
  values: (leaf) => ({ amount: amountOf(leaf) }),
  costs: amountOf,
  shares: () => t('requirement.crypto_payment.share'),
};
