// A code for the camera of a phone. Always beside a link or a text with the same content.
import { useEffect, useState } from 'preact/hooks';
import { t } from '../frame/i18n.ts';

const kQuietZone = 4; // modules around it (ISO/IEC 18004)

export function QrCode({ text, label }: { text: string; label: string }) {
  const [modules, setModules] = useState<boolean[][]>([]);
  useEffect(() => {
    let gone = false;
    void import('qr').then(({ encodeQR }) => {
      if (!gone) setModules(encodeQR(text, 'raw', { border: kQuietZone, ecc: 'medium' }));
    });
    return () => void (gone = true);
  }, [text]);
  if (modules.length === 0) return null;
  const size = modules.length;
  return (
    <figure class="qr">
      <svg viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shape-rendering="crispEdges">
        <rect width={size} height={size} fill="#fff" />
        <path d={pathOf(modules)} fill="#000" />
      </svg>
      <figcaption class="hint">{t('qr.hint')}</figcaption>
    </figure>
  );
}

/** A stroke for every run of dark modules in a row. */
function pathOf(modules: boolean[][]): string {
  return modules
    .flatMap((row, y) =>
      [
        ...row
          .map((dark) => (dark ? '1' : '0'))
          .join('')
          .matchAll(/1+/g),
      ].map(({ 0: run, index }) => `M${index} ${y}h${run.length}v1h-${run.length}z`),
    )
    .join('');
}
