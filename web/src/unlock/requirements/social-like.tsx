import type { RequirementLeaf } from '@swarma/client';
import { t } from '../../frame/i18n.ts';
import type { StepProps } from '../step-props.ts';
import { FediverseLikeStep } from './fediverse-like.tsx';
import { NostrLikeStep } from './nostr-like.tsx';
import { PlatformAccountStep } from './platform-account.tsx';
import { param, type RequirementKind } from './requirement.ts';

/** Networks that belong to nobody; the others are platforms, by the names that the node's operator gave them. */
const kOpenNetworks = ['nostr', 'activitypub'];

export const socialLike: RequirementKind = {
  values: (leaf) => ({ network: networkName(param(leaf, 'network')) }),
  variant: (leaf) => (asksForAccount(leaf) ? 'account' : param(leaf, 'action') || 'like'),
  shares: (leaf) =>
    kOpenNetworks.includes(param(leaf, 'network'))
      ? t('requirement.social_like.share')
      : t('requirement.social_like.share.platform', { network: param(leaf, 'network') }),
  Step: SocialStep,
};

function networkName(network: string): string {
  if (network === 'nostr') return 'Nostr';
  return network === 'activitypub' ? t('network.fediverse') : network;
}

/** On a platform, this target asks for signing in and nothing more. */
function asksForAccount(leaf: RequirementLeaf): boolean {
  return param(leaf, 'target') === 'account' && !kOpenNetworks.includes(param(leaf, 'network'));
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
