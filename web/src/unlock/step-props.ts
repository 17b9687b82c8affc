import type { RequirementLeaf, TitleSession } from '@swarma/client';

/** Props of the control of one requirement, which calls `onDone` once the session holds the proof. */
export interface StepProps {
  session: TitleSession;
  leaf: RequirementLeaf;
  onDone(): Promise<void>;
}
