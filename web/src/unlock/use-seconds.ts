import { useEffect, useState } from 'preact/hooks';

const kStepMs = 1000;

/** Whole seconds until a moment, counted down; 0 when it is over. */
export function useSecondsUntil(unixSeconds: number): number {
  const left = () => Math.max(0, Math.ceil(unixSeconds - Date.now() / 1000));
  const [seconds, setSeconds] = useState(left);
  useEffect(() => {
    setSeconds(left());
    const timer = setInterval(() => {
      setSeconds(left());
      if (left() === 0) clearInterval(timer);
    }, kStepMs);
    return () => clearInterval(timer);
  }, [unixSeconds]);
  return seconds;
}
