// Every requirement that the pages know. To add one: a file beside this one, a line here, and its messages.
import type { RequirementLeaf } from '@swarma/client';
import { hasMessage, t } from '../../frame/i18n.ts';
import { ageOver } from './age-over.ts';
import { allowlistToken } from './allowlist-token.tsx';
import { cryptoPayment } from './crypto-payment.tsx';
import { emailVerify } from './email-verify.tsx';
import { goodwillAck } from './goodwill-ack.tsx';
import { puzzleSolve } from './puzzle-solve.tsx';
import type { RequirementKind } from './requirement.ts';
import { socialLike } from './social-like.tsx';
import { watchAd } from './watch-ad.tsx';

const kinds = {
  goodwill_ack: goodwillAck,
  puzzle_solve: puzzleSolve,
  allowlist_token: allowlistToken,
  email_verify: emailVerify,
  social_like: socialLike,
  crypto_payment: cryptoPayment,
  watch_ad: watchAd,
  age_over: ageOver,
} satisfies Record<string, RequirementKind>;

type Known = keyof typeof kinds;
type Words = 'name' | 'label' | 'ask' | 'does';

function isKnown(name: string): name is Known {
  return Object.hasOwn(kinds, name);
}

export function kindOf(name: string): RequirementKind {
  return isKnown(name) ? kinds[name] : {};
}

/** A requirement in words. One that these pages do not know appears under its name in the policy. */
export function requirementWords(leaf: RequirementLeaf, words: Words): string {
  const name = leaf.requirement;
  if (!isKnown(name)) return t(`requirement.unknown.${words}`, { name });
  const { values, variant } = kindOf(name);
  const own = `requirement.${name}.${leaf.params && variant ? variant(leaf) : ''}.${words}`;
  return t(hasMessage(own) ? own : `requirement.${name}.${words}`, values?.(leaf));
}
