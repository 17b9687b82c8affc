// The picture and the time under the pointer on the time line.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Picture, Storyboard } from './storyboard.ts';

const kWidth = 160;

export function SeekPreview({ storyboard }: { storyboard: Storyboard }) {
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const controller = box.current?.closest('media-controller');
    let wanted = 0;
    const onRequest = (event: Event) => {
      const seconds = (event as CustomEvent<number | undefined>).detail;
      const mine = ++wanted;
      if (seconds === undefined) return setShown(false);
      storyboard.picture(seconds).then(
        (picture) => {
          if (mine !== wanted) return;
          setShown(picture !== undefined);
          if (picture && canvas.current) draw(canvas.current, picture);
        },
        () => setShown(false), // without its playlist there is no preview; that is no error to report
      );
    };
    controller?.addEventListener('mediapreviewrequest', onRequest);
    return () => controller?.removeEventListener('mediapreviewrequest', onRequest);
  }, [storyboard]);
  return (
    <div slot="preview" class="seek-preview" ref={box}>
      <canvas ref={canvas} hidden={!shown} aria-hidden="true" />
      <media-preview-time-display />
    </div>
  );
}

function draw(canvas: HTMLCanvasElement, { bitmap, x, y, width, height }: Picture): void {
  canvas.width = kWidth;
  canvas.height = Math.round((kWidth * height) / width);
  canvas.getContext('2d')?.drawImage(bitmap, x, y, width, height, 0, 0, canvas.width, canvas.height);
}
