// Editing terms without JSON: what the cards make of a policy.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Policy, Requirement } from '@swarma/client';
import { fieldsOf, kRequirements, newLeaf, variantOf, variantsOf } from '../src/studio/builder/parameters.ts';
import {
  freeId,
  fromGroup,
  groupOf,
  moved,
  placeOfChild,
  requiresOf,
  unlockLife,
  withGrants,
  withParam,
  withRequires,
} from '../src/studio/builder/ways.ts';
import { parsePolicy, readCodes } from '../src/studio/written-terms.ts';

const promise: Requirement = { requirement: 'goodwill_ack', params: { text: 'Yes.' } };
const puzzle: Requirement = { requirement: 'puzzle_solve', params: { algorithm: 'sha256', difficulty: 9 } };

test('a group of one is the requirement itself, none asks for nothing, several stay together', () => {
  assert.equal(requiresOf(groupOf(undefined)), undefined);
  assert.deepEqual(requiresOf(groupOf(promise)), promise);
  for (const several of [{ allOf: [promise, puzzle] }, { anyOf: [puzzle, promise] }])
    assert.deepEqual(requiresOf(groupOf(several)), several);
  const nested = { allOf: [promise, { anyOf: [puzzle] }] };
  assert.deepEqual(requiresOf(groupOf(nested)), nested, 'a group within is kept, however small');
  assert.deepEqual(requiresOf({ kind: 'anyOf', children: [promise] }), promise);
});

test('places are those by which the node names them', () => {
  const at = '/paths/0/requires';
  assert.equal(placeOfChild(at, groupOf(promise), 0, true), at);
  assert.equal(placeOfChild(at, groupOf({ anyOf: [promise, puzzle] }), 1, true), `${at}/anyOf/1`);
  assert.equal(placeOfChild(at, groupOf({ anyOf: [promise] }), 0, false), `${at}/anyOf/0`);
});

test('what is emptied is left out', () => {
  const way = { id: 'a', requires: promise, grants: { unlock_s: 60, max_plays: 2 } };
  assert.deepEqual(withGrants(way, { max_plays: undefined }).grants, { unlock_s: 60 });
  assert.equal('grants' in withGrants(way, { max_plays: undefined, unlock_s: undefined }), false);
  assert.equal('requires' in withRequires(way, undefined), false);
  assert.deepEqual(withParam(newLeaf('email_verify'), 'allow', ['example.org']).params, { allow: ['example.org'] });
  for (const nothing of [undefined, '', []])
    assert.deepEqual(withParam({ requirement: 'x', params: { a: 1 } }, 'a', nothing).params, {});
});

test('a key never outlives its unlock', () => {
  assert.deepEqual(unlockLife({}, 86400), { unlock_s: 86400, ttl_s: undefined });
  assert.deepEqual(unlockLife({}, 60), { unlock_s: 60, ttl_s: 60 });
  assert.deepEqual(unlockLife({ unlock_s: 60, ttl_s: 60 }, 86400), { unlock_s: 86400, ttl_s: undefined });
  assert.deepEqual(unlockLife({ unlock_s: 86400, ttl_s: 600 }, 1200), { unlock_s: 1200, ttl_s: 600 });
  assert.deepEqual(unlockLife({ unlock_s: 86400, ttl_s: 600 }, 300), { unlock_s: 300, ttl_s: 300 });
  assert.deepEqual(unlockLife({ unlock_s: 60, ttl_s: 60 }, undefined), { unlock_s: undefined, ttl_s: undefined });
});

test('ways change places, and a new one gets an id of its own', () => {
  assert.deepEqual(moved(['a', 'b', 'c'], 2, 0), ['c', 'a', 'b']);
  assert.deepEqual(moved(['a', 'b', 'c'], 0, 1), ['b', 'a', 'c']);
  const policy: Policy = { version: 1, paths: [{ id: 'way-2' }] };
  assert.equal(freeId(policy), 'way-3');
});

test('every variant of a requirement begins as itself', () => {
  for (const requirement of kRequirements) {
    assert.ok(variantsOf(requirement).length > 0, requirement);
    for (const variant of variantsOf(requirement)) {
      const leaf = newLeaf(requirement, variant);
      assert.equal(variantOf(leaf), variant);
      assert.ok(fieldsOf(leaf).length > 0 || variant === 'human', `${requirement} ${variant} has fields`);
    }
  }
  assert.deepEqual(fieldsOf({ requirement: 'of_tomorrow', params: {} }), []);
});

test('terms written as JSON are read as far as the cards need them', () => {
  const good = { version: 1, paths: [{ id: 'a', requires: fromGroup({ kind: 'allOf', children: [promise] }) }] };
  assert.deepEqual(parsePolicy(JSON.stringify(good)), good);
  for (const bad of [
    '[]',
    '{}',
    '{"paths":[null]}',
    '{"paths":[{"id":1}]}',
    '{"paths":[{"id":"a","requires":[]}]}',
    '{"paths":[{"id":"a","requires":{"anyOf":[7]}}]}',
    '{"paths":[{"id":"a","grants":3}]}',
    'no',
  ])
    assert.throws(() => parsePolicy(bad), bad);
  const deep = '{"allOf":['.repeat(40) + ']}'.repeat(40);
  assert.throws(() => parsePolicy(`{"paths":[{"id":"a","requires":${deep}}]}`));
});

test('codes are written one a line, with the number of viewers behind a comma', () => {
  const text = ' POPCORN \n\nPOP,CORN, 3\nقلعة، 2';
  assert.deepEqual(readCodes({ guests: text, none: ' \n' }), {
    codes: {
      guests: [
        { code: 'POPCORN', max_uses: 0 },
        { code: 'POP,CORN', max_uses: 3 },
        { code: 'قلعة', max_uses: 2 },
      ],
    },
  });
  assert.equal(readCodes({ guests: 'POPCORN\nPOP' }).tooShort, 'POP');
});
