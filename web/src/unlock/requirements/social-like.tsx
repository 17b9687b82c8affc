import { t } from '../../frame/i18n.ts';
import type { StepProps } from '../step-props.ts';
import { NostrLikeStep } from './nostr-like.tsx';
import { param, type RequirementKind } from './requirement.ts';

const kNetworks: Record<string, string> = { nostr: 'Nostr', activitypub: 'Fediverse' };

export const socialLike: RequirementKind = {
  values: (leaf) => ({ network: kNetworks[param(leaf, 'network')] ?? param(leaf, 'network') }),
  variant: (leaf) => param(leaf, 'action') || 'like',
  shares: () => t('requirement.social_like.share'),
  Step: SocialStep,
};

function SocialStep(props: StepProps) {
  switch (param(props.leaf, 'network')) {
    case 'nostr':
      return <NostrLikeStep {...props} />;
    default:
      return <p class="hint">{t('ways.unavailable')}</p>;
  }
}
