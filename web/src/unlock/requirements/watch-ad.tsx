// An advert: a title that plays here. Beats tell the node that it plays; only the node's clock counts. What was watched
// stays watched when the page is left.
import { asSwarmaError, type RequirementLeaf } from '@swarma/client';
import type { ComponentType } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { InlineFailure } from '../../frame/failure.tsx';
import { formatSpan, t } from '../../frame/i18n.ts';
import { type ClipProps, loadClipPlayer } from '../clip-player.ts';
import type { StepProps } from '../step-props.ts';
import { useAction } from '../use-action.ts';
import { param, type RequirementKind } from './requirement.ts';

const timeOf = (leaf: RequirementLeaf) => formatSpan(Number(param(leaf, 'seconds')));

export const watchAd: RequirementKind = {
  values: (leaf) => ({ time: timeOf(leaf) }),
  costs: (leaf) => t('requirement.watch_ad.cost', { time: timeOf(leaf) }),
  shares: () => t('requirement.watch_ad.share'),
  Step: AdStep,
};

interface Challenge {
  creative: string; // the id of a title
  seconds: number;
  beat_s: number;
  nonce: string;
}

interface Watched {
  nonce: string;
  watched_s: number;
}

function AdStep(props: StepProps) {
  const action = useAction<Challenge, Watched>(props);
  const { challenge, place, busy, error } = action;
  const [Clip, setClip] = useState<ComponentType<ClipProps>>();
  const [playing, setPlaying] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const watched = useRef<Watched>(undefined);
  if (place) watched.current = place;
  useBeats(action, playing && !busy, watched, setProblem);

  const start = () =>
    action.attempt(async () => {
      setProblem(undefined);
      const loaded = await loadClipPlayer();
      setClip(() => loaded);
      await props.session.actions.open(props.leaf);
      await action.refresh();
    });
  const seconds = challenge?.seconds ?? Number(param(props.leaf, 'seconds'));
  const so_far = Math.min(seconds, watched.current?.watched_s ?? 0);
  return (
    <div class="step-body">
      {Clip && challenge ? (
        <>
          <Clip titleId={challenge.creative} onPlaying={setPlaying} onFailure={setProblem} />
          <progress max={seconds} value={so_far} aria-label={t('requirement.watch_ad.step.bar')} />
          <p class="hint" role="status">
            {playing
              ? t('requirement.watch_ad.step.left', { time: formatSpan(Math.max(1, seconds - so_far)) })
              : t('requirement.watch_ad.step.paused')}
          </p>
        </>
      ) : (
        <>
          <p class="hint">{t('requirement.watch_ad.step.before', { time: timeOf(props.leaf) })}</p>
          <button type="button" class="button button-main" disabled={busy} onClick={() => void start()}>
            {t(so_far > 0 ? 'requirement.watch_ad.step.resume' : 'requirement.watch_ad.step.start')}
          </button>
        </>
      )}
      {(error ?? problem) !== undefined && <InlineFailure error={error ?? problem} />}
    </div>
  );
}

/** While it plays: a beat at once and then every few seconds, each with the nonce of the reply before. */
function useBeats(
  action: ReturnType<typeof useAction<Challenge, Watched>>,
  playing: boolean,
  watched: { current: Watched | undefined },
  onProblem: (error: unknown) => void,
): void {
  const { challenge } = action;
  useEffect(() => {
    if (!playing || !challenge) return undefined;
    let gone = false;
    let beating = false; // a slow node gets no second beat with the same nonce
    const beat = async () => {
      const nonce = watched.current?.nonce ?? challenge.nonce;
      const isVisible = document.visibilityState === 'visible';
      const reply = await action.send({ nonce, visible: isVisible, focused: isVisible && document.hasFocus() });
      const now = { nonce: String(reply['nonce']), watched_s: Number(reply['watched_s']) };
      watched.current = now;
      await action.note(now);
      if (now.watched_s >= challenge.seconds && !gone) await action.complete({});
    };
    const tick = () => {
      if (beating) return;
      beating = true;
      void beat()
        .catch(async (error: unknown) => {
          if (asSwarmaError(error).reason === 'beat_out_of_turn') {
            watched.current = undefined; // another tab went on with it: it begins anew
            await action.startOver();
            await action.begin();
          } else if (!gone) onProblem(error);
        })
        .finally(() => (beating = false));
    };
    tick();
    const timer = setInterval(tick, challenge.beat_s * 1000);
    return () => {
      gone = true;
      clearInterval(timer);
    };
  }, [playing, challenge?.nonce]);
}
