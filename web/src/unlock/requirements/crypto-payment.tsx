import { t } from '../../frame/i18n.ts';
import { amountOf } from '../money.ts';
import type { StepProps } from '../step-props.ts';
import { EvmPaymentStep } from './evm-payment.tsx';
import { LightningPaymentStep } from './lightning-payment.tsx';
import { param, type RequirementKind } from './requirement.ts';

export const cryptoPayment: RequirementKind = {
  values: (leaf) => ({ amount: amountOf(leaf) }),
  costs: (leaf) => t('requirement.crypto_payment.cost', { amount: amountOf(leaf) }),
  shares: () => t('requirement.crypto_payment.share'),
  Step: PaymentStep,
};

function PaymentStep(props: StepProps) {
  switch (param(props.leaf, 'method')) {
    case 'lightning':
      return <LightningPaymentStep {...props} />;
    case 'evm_native':
    case 'erc20':
      return <EvmPaymentStep {...props} />;
    default:
      return <p class="hint">{t('ways.unavailable')}</p>;
  }
}
