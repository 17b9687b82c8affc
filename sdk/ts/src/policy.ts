// Reading terms: which leaves a path asks for, and whether a set of proofs meets it. The node decides; this only spares
// the viewer a request that would be refused.
import type { Offer, OfferPath, Requirement, RequirementLeaf } from './wire.ts';

const kMaxDepth = 8;

export function isLeaf(requirement: Requirement): requirement is RequirementLeaf {
  return 'requirement' in requirement;
}

export function childrenOf(requirement: Requirement): Requirement[] {
  if ('allOf' in requirement) return requirement.allOf;
  if ('anyOf' in requirement) return requirement.anyOf;
  return [];
}

export function listLeaves(requirement: Requirement | undefined, depth = 0): RequirementLeaf[] {
  if (!requirement || depth > kMaxDepth) return [];
  if (isLeaf(requirement)) return [requirement];
  return childrenOf(requirement).flatMap((child) => listLeaves(child, depth + 1));
}

/** Trust of the proof held for a leaf, by leaf key. */
export type HeldTrust = ReadonlyMap<string, number>;

export function isMet(requirement: Requirement | undefined, held: HeldTrust): boolean {
  if (!requirement) return true;
  if (isLeaf(requirement)) {
    const trust = held.get(requirement.key ?? '');
    return trust !== undefined && trust >= (requirement.min_trust ?? 0);
  }
  return 'allOf' in requirement
    ? requirement.allOf.every((r) => isMet(r, held))
    : childrenOf(requirement).some((r) => isMet(r, held));
}

export function isPathMet(path: OfferPath, held: HeldTrust): boolean {
  if (!isMet(path.requires, held)) return false;
  if (!path.score) return true;
  let sum = 0;
  for (const leaf of listLeaves(path.requires))
    sum += (path.score.weights[leaf.requirement] ?? 0) * (held.get(leaf.key ?? '') ?? 0);
  return sum >= path.score.threshold;
}

/** Whether the title's key agent is not connected, so that no keys can be had just now. */
export function isAgentAway(offer: Offer): boolean {
  return 'agent' in offer && offer.agent === 'away';
}

/** Whether the path could be met here at all: enough of its leaves have a verifier. */
export function isPathAvailable(path: OfferPath): boolean {
  const possible = new Map(
    listLeaves(path.requires)
      .filter((leaf) => leaf.available !== false)
      .map((leaf) => [leaf.key ?? '', 1]),
  );
  return isPathMet(path, possible);
}
