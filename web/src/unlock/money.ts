// Amounts and chains as viewers know them.
import type { RequirementLeaf } from '@swarma/client';
import { formatNumber, t } from '../frame/i18n.ts';
import { param } from './requirements/requirement.ts';

const kCoinDecimals = 18;
/** Chains that many know: name and coin. */
const kChains: Record<number, readonly [name: string, coin: string]> = {
  1: ['Ethereum', 'ETH'],
  10: ['OP Mainnet', 'ETH'],
  56: ['BNB Chain', 'BNB'],
  100: ['Gnosis', 'xDAI'],
  137: ['Polygon', 'POL'],
  8453: ['Base', 'ETH'],
  42161: ['Arbitrum One', 'ETH'],
};

export function chainName(chainId: number): string {
  return kChains[chainId]?.[0] ?? t('chain', { n: String(chainId) });
}

/** What a payment asks for: "100 sat", "0.01 ETH (Ethereum)". */
export function amountOf(leaf: RequirementLeaf): string {
  const amount = param(leaf, 'amount');
  const chainId = Number(param(leaf, 'chain_id') || 1);
  switch (param(leaf, 'method')) {
    case 'evm_native': {
      const coin = kChains[chainId]?.[1] ?? t('chain.coin');
      return `${decimal(amount, kCoinDecimals)} ${coin} (${chainName(chainId)})`;
    }
    case 'erc20':
      return `${grouped(amount)} ${param(leaf, 'unit') || t('chain.token')} (${chainName(chainId)})`;
    default:
      return [grouped(amount), param(leaf, 'unit') || 'sat'].filter(Boolean).join(' ');
  }
}

function grouped(amount: string): string {
  return /^\d{1,15}$/.test(amount) ? formatNumber(Number(amount)) : amount;
}

/** 10000000000000000 with 18 decimals is "0.01": exact, however large. */
export function decimal(amount: string, decimals: number): string {
  if (!/^\d+$/.test(amount)) return amount;
  const digits = amount.padStart(decimals + 1, '0');
  const whole = digits.slice(0, -decimals).replace(/^0+(?=\d)/, '');
  const rest = digits.slice(-decimals).replace(/0+$/, '');
  return rest === '' ? whole : `${whole}.${rest}`;
}
