// An e-mail address, confirmed against a mail server: by the code after the page was closed, and by the link in another browser.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertAccessible } from '../../support/accessible.mjs';
import { launch, openPage, press, textOf, video, waitForText } from '../../support/browser.mjs';
import { Mailbox } from '../../support/mailbox.mjs';
import { makeFilm, openWorld, publish } from '../../support/program.mjs';

let mailbox, world, browser, film;
before(async () => {
  mailbox = await Mailbox.start();
  world = await openWorld(...mailbox.options);
  const { file } = makeFilm(world.folder, { seconds: 8, size: '320x180', name: 'letters' });
  film = (await publish(world.node, file, 'Film letters', { version: 1, paths: [{ id: 'mail', requires: { requirement: 'email_verify', params: { allow: ['example.org'] } } }] })).title_id;
  browser = await launch();
});
after(async () => {
  await browser.close();
  await world.close();
  await mailbox.close();
});

const kAddress = '.step input[type=email]';
const kCode = '.step input[autocomplete=one-time-code]';

async function ask(address, more) {
  const page = await openPage(browser, `${world.node.url}/t/${film}`, more);
  await waitForText(page, '.way', 'example.org');
  assert.match(await textOf(page, '.way'), /Your e-mail address, with the node/, 'what is shared stands there first');
  await press(page, '.way .button-main');
  await page.waitForSelector(kAddress);
  await page.type(kAddress, address);
  await page.keyboard.press('Enter');
  return page;
}

test('the code opens the film, also after the page was closed', async (t) => {
  const before = mailbox.mails.length;
  const page = await ask('ada@elsewhere.example', { width: 390 });
  t.after(() => page.close());
  await page.waitForSelector('.step .inline-failure[data-reason=domain_not_allowed]');
  assert.equal(mailbox.mails.length, before, 'nobody was written to');
  await page.$eval(kAddress, (field) => field.select());
  await page.type(kAddress, 'ada@example.org');
  await page.keyboard.press('Enter');
  await waitForText(page, '.step', 'on its way to ada@example.org');
  const { code } = await mailbox.newest(before + 1);
  assert.deepEqual(mailbox.mails.at(-1).to, ['ada@example.org']);
  await assertAccessible(page, 'code');
  await page.goto('about:blank');
  await page.goto(`${world.node.url}/t/${film}`);
  await press(page, '.way .button-main');
  await page.waitForSelector(kCode);
  await page.type(kCode, '0000 0000');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.step .inline-failure[data-reason=mail_code_wrong]');
  await page.$eval(kCode, (field) => field.select());
  await page.type(kCode, code);
  await page.keyboard.press('Enter');
  await video.playing(page);
  assert.equal(mailbox.mails.length, before + 1, 'one mail was enough');
});

test('the link, opened in another browser, lets this page go on by itself', async (t) => {
  const before = mailbox.mails.length;
  const page = await ask('grace@example.org');
  t.after(() => page.close());
  await page.waitForSelector(kCode);
  const { link } = await mailbox.newest(before + 1);
  const elsewhere = await openPage(browser, link);
  t.after(() => elsewhere.close());
  await elsewhere.waitForSelector('button');
  assert.ok(await page.$(kCode), 'to look at the link changes nothing');
  await press(elsewhere, 'button');
  await waitForText(elsewhere, 'body', 'go back to the film');
  await page.bringToFront();
  await video.playing(page);
});
