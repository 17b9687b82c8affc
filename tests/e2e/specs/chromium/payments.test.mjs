// Payments on a chain, from the page to a real EVM node (anvil) and back. anvil's accounts are the wallet: the page's window.ethereum asks
// them. Where there is no anvil for the machine, this is skipped, which the run tells.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { assertAccessible } from '../../support/accessible.mjs';
import { launch, openPage, press, textOf, video, waitForText } from '../../support/browser.mjs';
import { freePort, makeFilm, openWorld, publish } from '../../support/program.mjs';

const kChain = 31337;
const packages = fileURLToPath(new URL('../../../interop/chain/node_modules/@foundry-rs/', import.meta.url));
const anvil = (existsSync(packages) ? readdirSync(packages) : []).map((name) => join(packages, name, 'bin/anvil')).find((file) => file.includes('anvil-') && existsSync(file));
const skip = anvil ? false : 'there is no anvil in tests/interop/chain/node_modules';

let chain, url, world, browser, film;
async function ask(method, ...params) {
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }) });
  const { result, error } = await answer.json();
  if (error) throw new Error(`${method}: ${error.message}`);
  return result;
}

before(async () => {
  if (skip) return;
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  chain = spawn(anvil, ['--host', '127.0.0.1', '--port', String(port), '--chain-id', String(kChain), '--silent'], { stdio: 'ignore' });
  while ((await ask('eth_chainId').catch(() => undefined)) === undefined) await new Promise((resolve) => setTimeout(resolve, 100));
  world = await openWorld('--evm-rpc', `${kChain}=${url}`);
  const payee = (await ask('eth_accounts')).at(-1);
  const price = { method: 'evm_native', amount: '10000000000000000', unit: 'wei', chain_id: kChain, address: payee, confirmations: 3 };
  const { file } = makeFilm(world.folder, { seconds: 8, size: '320x180', name: 'paid' });
  film = (await publish(world.node, file, 'Film paid', { version: 1, paths: [{ id: 'pay', requires: { requirement: 'crypto_payment', params: price } }] })).title_id;
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await world?.close();
  chain?.kill();
});

/** A page whose wallet is the chain's account `n`; without it there is none. */
async function openFilm(n, more = {}) {
  const page = await openPage(browser, undefined, { width: 390, ...more });
  if (n !== undefined) {
    const account = (await ask('eth_accounts'))[n];
    page.wallet = [];
    await page.exposeFunction('askWallet', (method, params) => {
      page.wallet.push(method);
      if (method === 'eth_requestAccounts') return [account];
      return ask(method, ...(method === 'eth_signTypedData_v4' ? [params[0], JSON.parse(params[1])] : params));
    });
    await page.evaluateOnNewDocument(() => (window.ethereum = { request: ({ method, params }) => window.askWallet(method, params ?? []) }));
  }
  await page.goto(`${world.node.url}/t/${film}`);
  await press(page, '.way .button-main');
  await press(page, '.step-body .button-main');
  await page.waitForSelector('.bill');
  return page;
}

test('a payment is shown whole before it is made, and counts although the page was closed', { skip }, async (t) => {
  const page = await openFilm(0);
  t.after(() => page.close());
  assert.match(await textOf(page, '.bill'), /0\.01[\s\S]*fee of its own[\s\S]*0x[0-9a-fA-F]{40}[\s\S]*3 confirmations/);
  assert.ok(!page.wallet.includes('eth_sendTransaction'), 'nothing is paid before the viewer says so');
  await assertAccessible(page, 'bill');
  await press(page, '.step-body > .button-main');
  await waitForText(page, '.step-busy', 'Waiting for the chain');
  await page.reload();
  await press(page, '.way .button');
  await waitForText(page, '.step-busy', 'Waiting for the chain');
  await ask('anvil_mine', '0x5');
  await video.playing(page);
  assert.equal(page.wallet.filter((method) => method === 'eth_sendTransaction').length, 1, 'it was paid once');
});

test('another wallet pays by code or link, and its transaction and signature are pasted', { skip }, async (t) => {
  const page = await openFilm(undefined);
  t.after(() => page.close());
  await page.waitForSelector('.qr svg path');
  await assertAccessible(page, 'other wallet');
  const account = (await ask('eth_accounts'))[1];
  const uri = await page.$eval('.step-form a.button', (link) => link.href);
  const [, to, value] = /^ethereum:(0x[0-9a-fA-F]{40})@31337\?value=(\d+)$/.exec(uri);
  const transaction = await ask('eth_sendTransaction', { from: account, to, value: `0x${BigInt(value).toString(16)}` });
  await ask('anvil_mine', '0x5');
  const typed = JSON.parse(await page.$eval('.copy-field input', (field) => field.value));
  const fields = await page.$$('.step-form > input');
  await fields[0].type(transaction);
  // Signed by somebody else first: what somebody else paid opens nothing.
  await fields[1].type(await ask('eth_signTypedData_v4', (await ask('eth_accounts'))[2], typed));
  await press(page, '.step-form [type=submit]');
  await page.waitForSelector('.inline-failure[data-reason=payment_by_another]');
  await fields[1].evaluate((field) => field.select());
  await fields[1].type(await ask('eth_signTypedData_v4', account, typed));
  await press(page, '.step-form [type=submit]');
  await video.playing(page);
});

test('a wallet that refuses costs nothing', { skip }, async (t) => {
  const page = await openFilm(3);
  t.after(() => page.close());
  await page.evaluate(() => (window.ethereum.request = () => Promise.reject(Object.assign(new Error('No.'), { code: 4001 }))));
  await press(page, '.step-body > .button-main');
  await page.waitForSelector('.inline-failure[data-reason=wallet_refused]');
  await page.waitForSelector('.step-body > .button-main:not(:disabled)'); // it can be tried again
});
