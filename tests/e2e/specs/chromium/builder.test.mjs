// Terms without JSON: ways as cards, faults at their fields, and what a viewer would see, which the node decides.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertAccessible } from '../../support/accessible.mjs';
import { launch, openPage, press, textOf, waitForText } from '../../support/browser.mjs';
import { kTitles, openWorld } from '../../support/program.mjs';

let world, browser;
before(async () => {
  world = await openWorld();
  browser = await launch();
});
after(async () => {
  await browser.close();
  await world.close();
});

/** The terms of a title in the studio, opened for a change. */
async function openTerms(name, { before, width } = {}) {
  const page = await openPage(browser, await world.node.link(), { before, width });
  await page.waitForSelector('.titles');
  await page.goto(`${world.node.url}/studio/edit/${world.titles[name]}`);
  await press(page, '.publish-form .plain-words .button');
  await page.waitForSelector('.way-card');
  return page;
}
const card = (id) => `.way-card[data-way=${id}]`;
const policyOf = async (name) => (await (await fetch(`${world.node.url}/v1/titles/${world.titles[name]}`)).json()).title.policy;
const fieldNamed = async (page, inside, label) => {
  const handle = await page.waitForFunction((where, words) => {
    const found = [...document.querySelectorAll(`${where} label`)].find((element) => element.textContent.trim() === words);
    return found && document.getElementById(found.htmlFor);
  }, {}, inside, label);
  return handle.asElement();
};
const write = async (page, inside, label, text) => {
  const field = await fieldNamed(page, inside, label);
  await field.evaluate((element) => element.select());
  await field.type(text);
};

test('a way is put together, understood, saved, and is what viewers are offered', async (t) => {
  const page = await openTerms('expiring');
  t.after(() => page.close());
  await press(page, '.add-way');
  await waitForText(page, card('way-2'), 'Nothing is asked');
  assert.match(await page.evaluate(() => document.activeElement.textContent), /^Way 2/, 'the new way has the focus');
  await write(page, card('way-2'), 'Name of this way', 'For friends');
  await page.select(`${card('way-2')} .add-requirement`, 'goodwill_ack');
  await write(page, card('way-2'), 'The promise', 'I will be kind.');
  await press(page, `${card('way-2')} .add-group`);
  const inner = `${card('way-2')} .group[data-depth="2"]`;
  await page.select(`${inner} .add-requirement`, 'puzzle_solve');
  await press(page, `${inner} li:first-child > .member > header button`);
  await page.select(`${inner} .add-requirement`, 'allowlist_token');
  await write(page, inner, 'Codes of “guests”', 'POPCORN-1\nPOPCORN-2, 3');
  await (await fieldNamed(page, card('way-2'), 'Part of the film')).select('first');
  await write(page, card('way-2'), 'Up to', '1');
  await write(page, card('way-2'), 'An unlock lasts', '2');
  await waitForText(page, `${card('way-2')} .way-sentence`, 'Whoever agrees to “I will be kind.” and (lets the device calculate');
  assert.match(await textOf(page, `${card('way-2')} .way-sentence`), /may watch the film up to [\d:]+\. An unlock lasts/);
  await press(page, '.publish-form [type=submit]');
  await waitForText(page, '.titles', 'revision 2');
  const { paths } = await policyOf('expiring');
  assert.equal(paths.length, 2);
  const [promise, group] = paths[1].requires.allOf;
  assert.deepEqual([paths[1].label, promise.params.text], ['For friends', 'I will be kind.']);
  assert.deepEqual(group.anyOf.map(({ requirement }) => requirement), ['puzzle_solve', 'allowlist_token']);
  const viewer = await openPage(browser, `${world.node.url}/t/${world.titles.expiring}`);
  t.after(() => viewer.close());
  await waitForText(viewer, '.way[data-path=way-2]', 'For friends');
  await waitForText(viewer, '.way[data-path=way-2]', 'I will be kind.');
});

test('what is wrong is said at its field, in the node\'s words', async (t) => {
  const page = await openTerms('mixed');
  t.after(() => page.close());
  await press(page, `${card('puzzle')} .way-toggle`);
  await write(page, card('puzzle'), 'Difficulty', '99');
  await page.waitForSelector(`${card('puzzle')} [aria-invalid=true]`);
  const said = await page.$eval(`${card('puzzle')} [aria-invalid=true]`, (field) => field.getAttribute('aria-describedby').split(' ').map((id) => document.getElementById(id).innerText).join(' '));
  assert.match(said, /"difficulty" must be an integer from 1 to 40/);
  await press(page, `${card('puzzle')} .way-toggle`);
  await waitForText(page, card('puzzle'), 'not right yet');
  await press(page, '.publish-form [type=submit]');
  await page.waitForSelector('.publish-form .inline-failure[data-reason=policy_invalid]'); // the node takes nothing of it
  assert.deepEqual(await policyOf('mixed'), kTitles.mixed);
});

test('what a viewer would see is what the node decides', async (t) => {
  const page = await openTerms('mixed');
  t.after(() => page.close());
  await press(page, '.what-if summary');
  const stands = (id, met) => page.waitForSelector(`.decisions [data-way=${id}][data-met=${met}]`);
  const tick = async (words) => {
    const box = await page.waitForFunction((what) => [...document.querySelectorAll('.proven label')].find((label) => label.textContent.includes(what)), {}, words);
    await box.asElement().click();
  };
  await stands('preview', true);
  await stands('goodwill', false);
  await waitForText(page, '.decisions [data-way=both]', 'Missing: agrees to “I will tell a friend.”');
  await waitForText(page, '.decisions [data-way=both]', '(one of several)');
  await tick('I will tell a friend.');
  await stands('goodwill', true);
  await stands('both', false);
  await tick('about a moment');
  await stands('puzzle', true);
  await stands('both', true);
  // Limits: so often, in this country, from this day on.
  await press(page, `${card('goodwill')} .way-toggle`);
  await write(page, card('goodwill'), 'Most unlocks per viewer', '2');
  await write(page, '.what-if', 'Has unlocked “goodwill” so often', '2');
  await stands('goodwill', false);
  await waitForText(page, '.decisions [data-way=goodwill]', 'as often as it allows (2 times)');
  await write(page, '.what-if', 'Has unlocked “goodwill” so often', '1');
  await stands('goodwill', true);
  await (await fieldNamed(page, card('goodwill'), 'Only in these countries')).select('DE');
  await stands('goodwill', false);
  await waitForText(page, '.decisions [data-way=goodwill]', 'country is not known');
  await (await fieldNamed(page, '.what-if', 'Is in')).select('FR');
  await waitForText(page, '.decisions [data-way=goodwill]', 'Not in this country (Germany)');
  await (await fieldNamed(page, '.what-if', 'Is in')).select('DE');
  await stands('goodwill', true);
  assert.match(await textOf(page, `${card('goodwill')} .way-sentence`), /Only in: Germany\./);
});

test('ways are moved and removed by keyboard, and the focus stays with them', async (t) => {
  const page = await openTerms('mixed');
  t.after(() => page.close());
  const order = () => page.$$eval('.way-card', (cards) => cards.map((one) => one.dataset.way));
  const focused = () => page.evaluate(() => `${document.activeElement.closest('.way-card')?.dataset.way} ${document.activeElement.dataset.move ?? document.activeElement.tagName}`);
  const focusIs = (wanted) => page.waitForFunction((what) => `${document.activeElement.closest('.way-card')?.dataset.way} ${document.activeElement.dataset.move ?? document.activeElement.tagName}` === what, {}, wanted).catch(async (cause) => assert.fail(`${await focused()} is not ${wanted}`, { cause }));
  await page.focus(`${card('both')} [data-move=up]`);
  await page.keyboard.press('Enter');
  await focusIs('both up');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Enter');
  await focusIs('both down'); // it is the first: there is nowhere to go up
  assert.deepEqual(await order(), ['both', 'preview', 'goodwill', 'puzzle']);
  await waitForText(page, '.announcer', 'Moved to place 1 of 4');
  await page.focus(`${card('preview')} > header button:last-of-type`);
  await page.keyboard.press('Enter');
  await focusIs('goodwill H3');
  assert.deepEqual(await order(), ['both', 'goodwill', 'puzzle']);
});

test('experts write JSON, and what they write is on the cards', async (t) => {
  const page = await openTerms('mixed');
  t.after(() => page.close());
  const toggle = '.terms > .actions .quiet';
  await press(page, toggle);
  const json = await page.$eval('#terms-json', (field) => field.value);
  assert.deepEqual(JSON.parse(json), kTitles.mixed);
  const put = (text) => page.$eval('#terms-json', (field, value) => { field.value = value; field.dispatchEvent(new Event('input', { bubbles: true })); }, text);
  await put(json.replace('"difficulty": 16', '"difficulty": 0'));
  await waitForText(page, '.faults', '/paths/2/requires/params: "difficulty" must be');
  await put('{');
  await page.waitForSelector('.terms .inline-failure');
  assert.ok(await page.$eval(toggle, (button) => button.disabled), 'there is nothing to show on cards');
  await put(JSON.stringify({ version: 1, paths: [{ id: 'gift', grants: { pass: { tier: 'gold' } } }] }));
  await waitForText(page, '.remarks', 'gives everybody a pass');
  await put(JSON.stringify({ version: 1, paths: [{ id: 'free', label: 'All of it' }] }));
  await press(page, toggle);
  await waitForText(page, card('free'), 'Way 1: All of it');
  await waitForText(page, card('free'), 'Everybody may watch the whole film.');
});

for (const [theme, language, width] of [['light', 'en', 1280], ['dark', 'ar', 390]]) {
  test(`axe finds nothing at the cards: ${theme}, ${language}, ${width} wide`, async (t) => {
    const before = `if (window.origin !== 'null') { localStorage.setItem('swarma.theme', '${theme}'); localStorage.setItem('swarma.language', '${language}'); }`;
    const page = await openTerms('mixed', { before, width });
    t.after(() => page.close());
    await assertAccessible(page, 'closed');
    await press(page, `${card('both')} .way-toggle`);
    await press(page, '.what-if summary');
    for (const details of await page.$$('.way-card details')) await details.evaluate((element) => (element.open = true));
    await page.waitForSelector('.decisions [data-met=false]');
    await assertAccessible(page, 'open');
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)) <= 0, 'nothing sticks out');
    await press(page, '.terms > .actions .quiet');
    await page.waitForSelector('#terms-json');
    await assertAccessible(page, 'JSON');
  });
}
