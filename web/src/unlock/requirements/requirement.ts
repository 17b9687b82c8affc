import type { RequirementLeaf } from '@swarma/client';
import type { ComponentType } from 'preact';
import type { StepProps } from '../step-props.ts';

/**
 * What the pages know about one requirement. Its sentences are messages: `requirement.<name>.name` ("a promise"), `.label` (of a way that
 * asks for nothing else), `.ask` (said to the viewer) and `.does` (said about viewers).
 */
export interface RequirementKind {
  /** What stands in the sentences in the place of `{…}`. */
  values?: (leaf: RequirementLeaf) => Record<string, string>;
  /** What it costs the viewer; nothing when there is none. */
  costs?: (leaf: RequirementLeaf) => string;
  /** What others learn about the viewer, beside a random key. */
  shares?: () => string;
  /** The control that meets it; without one it cannot be met on this page. */
  Step?: ComponentType<StepProps>;
}

/** A parameter of a leaf as text; empty when it is missing or of another kind. */
export function param(leaf: RequirementLeaf, name: string): string {
  const value = leaf.params?.[name];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
