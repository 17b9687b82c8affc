import type { RequirementLeaf } from '@swarma/client';
import { t } from '../../frame/i18n.ts';
import type { StepProps } from '../step-props.ts';
import { FediverseLikeStep } from './fediverse-like.tsx';
import { NostrLikeStep } from './nostr-like.tsx';
import { PlatformAccountStep } from './platform-account.tsx';
import { param, type RequirementKind } from './requirement.ts';

const kNetworks: Record<string, string> = { nostr: 'Nostr', activitypub: 'Fediverse' };

export const socialLike: RequirementKind = {
  values: (leaf) => ({ network: kNetworks[param(leaf, 'network')] ?? param(leaf, 'network') }),
  variant: (leaf) => (asksForAccount(leaf) ? 'account' : param(leaf, 'action') || 'like'),
  shares: (leaf) =>
    param(leaf, 'network') in kNetworks
      ? t('requirement.social_like.share')
      : t('requirement.social_like.share.platform', { network: param(leaf, 'network') }),
  Step: SocialStep,
};

/** On a platform, this target asks for signing in and nothing more. */
function asksForAccount(leaf: RequirementLeaf): boolean {
  return param(leaf, 'target') === 'account' && !(param(leaf, 'network') in kNetworks);
}

function SocialStep(props: StepProps) {
  switch (param(props.leaf, 'network')) {
    case 'nostr':
      return <NostrLikeStep {...props} />;
    case 'activitypub':
      return <FediverseLikeStep {...props} />;
    default:
      return <PlatformAccountStep {...props} />;
  }
}
