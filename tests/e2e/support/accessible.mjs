// axe on a page as it is drawn, whatever its state.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** axe judges colours: a page still on its way to them is not judged yet. */
const settled = async () => {
  const ends = () => document.getAnimations().filter((animation) => animation.playState === 'running' && animation.effect?.getComputedTiming().endTime !== Infinity);
  while (ends().length > 0) await Promise.allSettled(ends().map((animation) => animation.finished));
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
};

export async function assertAccessible(page, what) {
  await page.evaluate(settled);
  await page.evaluate(axeSource); // runs in the page's world through the debugger, which no policy stops
  const { violations } = await page.evaluate(() => window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
  assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.html.slice(0, 120)} (${node.any.map((check) => check.message).join(' ')})`).join(' | ')}`), [], what);
}
