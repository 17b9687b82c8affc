import type { RequirementLeaf, TitleSession } from '@swarma/client';

/** What the control of one requirement is given; it calls `onDone` once the session holds the proof. */
export interface StepProps {
  session: TitleSession;
  leaf: RequirementLeaf;
  onDone(): Promise<void>;
}
