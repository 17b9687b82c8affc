// What the node says about terms that are being written: asked a moment after the last change.
import {
  asSwarmaError,
  childrenOf,
  isLeaf,
  type Policy,
  type PolicyExplanation,
  type PolicyFacts,
  type PolicyFault,
  type Requirement,
} from '@swarma/client';
import { createContext } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';
import { client } from '../../frame/client.ts';
import type { FilmLength } from '../preview.ts';

const kPauseMs = 350;

export interface Explained {
  /** Of the terms as they are, or as they were a moment ago. */
  explanation?: PolicyExplanation;
  error?: unknown;
}

export function useExplanation(policy: Policy | undefined, facts: PolicyFacts): Explained {
  const [state, setState] = useState<Explained>({});
  const question = JSON.stringify([policy, facts]);
  useEffect(() => {
    if (!policy) return setState({});
    const abort = new AbortController();
    const timer = setTimeout(() => {
      client.creator.explainPolicy(policy, facts, abort.signal).then(
        (explanation) => setState({ explanation }),
        (error: unknown) => asSwarmaError(error).reason !== 'aborted' && setState({ error }),
      );
    }, kPauseMs);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [question]);
  return state;
}

/** The film as facts have it. */
export function factsOfFilm(film: FilmLength | undefined): PolicyFacts {
  if (!film) return {};
  const shape = { slots: film.slots, duration_ms: Math.max(1, Math.round(film.seconds * 1000)) };
  return film.groups ? { ...shape, key_groups: film.groups } : shape;
}

export interface Findings {
  faults: readonly PolicyFault[];
  /** Places of requirements that this node cannot verify. */
  unverifiable: ReadonlySet<string>;
}

/** What there is to show at the fields. */
export function findingsOf({ explanation }: Explained): Findings {
  const found: string[] = [];
  const look = (requirement: Requirement | undefined, at: string): void => {
    if (!requirement) return;
    if (isLeaf(requirement)) {
      if (requirement.available === false) found.push(at);
      return;
    }
    const kind = 'allOf' in requirement ? 'allOf' : 'anyOf';
    childrenOf(requirement).forEach((child, i) => look(child, `${at}/${kind}/${i}`));
  };
  explanation?.paths.forEach(({ requires }, i) => look(requires, `/paths/${i}/requires`));
  return { faults: explanation?.errors ?? [], unverifiable: new Set(found) };
}

export const FindingsContext = createContext<Findings>({ faults: [], unverifiable: new Set() });

export const useFindings = (): Findings => useContext(FindingsContext);

/** The faults of the object at `at`; with `member`, those of that member. */
export function faultsAt(faults: readonly PolicyFault[], at: string, member?: string): PolicyFault[] {
  return faults.filter((fault) => fault.at === at && (member === undefined || fault.member === member));
}

/** The faults of the object at `at` and of what is inside it, other than those of its `members`. */
export function faultsWithin(faults: readonly PolicyFault[], at: string, members: readonly string[]): PolicyFault[] {
  return faults.filter(
    (fault) => fault.at.startsWith(`${at}/`) || (fault.at === at && !members.includes(fault.member)),
  );
}
