// Editing terms without JSON: pure changes of a policy. A way that asks for one thing holds it alone, several are a group;
// groups may hold groups.
import type { Policy, PolicyPath, Requirement, RequirementLeaf } from '@swarma/client';

export type GroupKind = 'allOf' | 'anyOf';

export interface Group {
  kind: GroupKind;
  children: Requirement[];
}

/** What a way asks, seen as a group: one requirement is a group of one, none an empty group. */
export function groupOf(requirement: Requirement | undefined): Group {
  if (!requirement) return { kind: 'allOf', children: [] };
  if ('allOf' in requirement) return { kind: 'allOf', children: requirement.allOf };
  if ('anyOf' in requirement) return { kind: 'anyOf', children: requirement.anyOf };
  return { kind: 'allOf', children: [requirement] };
}

export function fromGroup({ kind, children }: Group): Requirement {
  return kind === 'allOf' ? { allOf: children } : { anyOf: children };
}

/** What a way asks, from its outermost group. */
export function requiresOf({ kind, children }: Group): Requirement | undefined {
  const [only, second] = children;
  return second ? fromGroup({ kind, children }) : only;
}

/** The place of a child in the policy, as the node names it (JSON Pointer). */
export function placeOfChild(at: string, { kind, children }: Group, i: number, outermost: boolean): string {
  return outermost && children.length < 2 ? at : `${at}/${kind}/${i}`;
}

export function replaced<T>(list: readonly T[], i: number, item: T): T[] {
  return list.map((old, j) => (j === i ? item : old));
}

export function without<T>(list: readonly T[], i: number): T[] {
  return list.filter((_, j) => j !== i);
}

/** The list with the item at `from` put at place `to`. */
export function moved<T>(list: readonly T[], from: number, to: number): T[] {
  const out = [...list];
  out.splice(to, 0, ...out.splice(from, 1));
  return out;
}

/** The object without one of its members. */
export function omit<T extends object, Name extends keyof T>(object: T, name: Name): Omit<T, Name> {
  const { [name]: _, ...rest } = object;
  return rest;
}

export function withRequires(way: PolicyPath, requires: Requirement | undefined): PolicyPath {
  const rest = omit(way, 'requires');
  return requires ? { ...rest, requires } : rest;
}

/** The terms of a way with a change; what is undefined is left out, and so are empty terms. */
export function withGrants(
  { grants, ...way }: PolicyPath,
  change: { [Name in keyof NonNullable<PolicyPath['grants']>]?: NonNullable<PolicyPath['grants']>[Name] | undefined },
): PolicyPath {
  const kept = Object.entries({ ...grants, ...change }).filter(([, value]) => value !== undefined);
  return kept.length > 0 ? { ...way, grants: Object.fromEntries(kept) } : way;
}

type GrantTerms = NonNullable<PolicyPath['grants']>;
const kWhereAndWhen = ['max_plays', 'cooldown_s', 'geo', 'between'] as const;

/** A way that gives a pass in place of film; without one it gives the whole film. */
export function withPass({ grants = {}, ...way }: PolicyPath, pass: GrantTerms['pass'] | undefined): PolicyPath {
  const kept = Object.fromEntries(
    Object.entries(grants).filter(([name]) => kWhereAndWhen.some((known) => known === name)),
  );
  return withGrants({ ...way, grants: kept }, { pass });
}

const kUsualKeyLife = 6 * 3600; // of a key, where terms do not say

/** Another life of an unlock. A key must not outlive it: one that lives as long as a short unlock goes along. */
export function unlockLife(
  { unlock_s: before, ttl_s: key }: NonNullable<PolicyPath['grants']>,
  unlock_s: number | undefined,
): { unlock_s: number | undefined; ttl_s: number | undefined } {
  const ofItsOwn = key !== undefined && key !== before ? key : undefined;
  const isShort = unlock_s !== undefined && unlock_s < (ofItsOwn ?? kUsualKeyLife);
  return { unlock_s, ttl_s: isShort ? unlock_s : ofItsOwn };
}

/** A leaf with another parameter; undefined, an empty text and an empty list take it away. */
export function withParam(leaf: RequirementLeaf, name: string, value: unknown): RequirementLeaf {
  const rest = omit(leaf.params ?? {}, name);
  const isNothing = value === undefined || value === '' || (Array.isArray(value) && value.length === 0);
  return { ...leaf, params: isNothing ? rest : { ...rest, [name]: value } };
}

/** An id that no way of the policy has. */
export function freeId({ paths }: Policy): string {
  const taken = new Set(paths.map(({ id }) => id));
  for (let n = paths.length + 1; ; n++) if (!taken.has(`way-${n}`)) return `way-${n}`;
}
