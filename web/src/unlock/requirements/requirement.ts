import type { RequirementLeaf } from '@swarma/client';
import type { ComponentType } from 'preact';
import type { StepProps } from '../step-props.ts';

/**
 * What the pages know about one requirement. Its sentences are messages: `requirement.<name>.name` ("a promise"),
 * `.label` (the name of a way that asks for nothing else), `.ask` (tells the viewer what to do) and `.does` (tells the
 * creator what viewers do). Where kinds of it differ in that, `requirement.<name>.<variant>.ask` and so on come first.
 */
export interface RequirementKind {
  /** Values for the placeholders of its messages. */
  values?: (leaf: RequirementLeaf) => Record<string, string>;
  /** Which kind of it a leaf is. */
  variant?: (leaf: RequirementLeaf) => string;
  /** What it costs the viewer; a requirement that costs nothing has none. */
  costs?: (leaf: RequirementLeaf) => string | undefined;
  /** What others learn about the viewer besides a random key. */
  shares?: (leaf: RequirementLeaf) => string | undefined;
  /** The control with which the viewer meets it. Without one it cannot be met on these pages. */
  Step?: ComponentType<StepProps>;
}

/** A parameter of a leaf as text; empty when it is missing or neither text nor a number. */
export function param(leaf: RequirementLeaf, name: string): string {
  const value = leaf.params?.[name];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/** A parameter of a leaf that is a list of texts. */
export function listParam(leaf: RequirementLeaf, name: string): string[] {
  const value = leaf.params?.[name];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
