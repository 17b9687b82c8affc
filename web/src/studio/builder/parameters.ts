// What a creator fills in for each requirement: its variants and their fields. The labels are messages:
// `builder.variant.<requirement>.<variant>`, `builder.param.<requirement>.<name>`, and where there is one a help,
// `builder.help.<requirement>.<name>`. What a value must be is decided by the node, which says so at the field.
import type { RequirementLeaf } from '@swarma/client';

export type Field = { name: string; optional?: boolean } & (
  | { kind: 'text'; max: number; long?: boolean; code?: boolean }
  | { kind: 'number'; min: number; max: number }
  | { kind: 'list' } // one entry a line
  | { kind: 'title' } // a film of the creator
  | { kind: 'choice'; options: readonly string[] }
);

type Params = Record<string, unknown>;

interface Variant {
  fields: Field[];
  /** The parameters to begin with. */
  start: Params;
}

interface Parameters {
  /** Which variant parameters are; the first is the usual one. */
  variantOf?: (params: Params) => string;
  variants: Record<string, Variant>;
}

const text = (name: string, max: number, more: { long?: boolean; code?: boolean; optional?: boolean } = {}): Field => ({
  kind: 'text',
  name,
  max,
  ...more,
});
const number = (name: string, min: number, max: number, optional = false): Field => ({
  kind: 'number',
  name,
  min,
  max,
  optional,
});
const list = (name: string): Field => ({ kind: 'list', name, optional: true });
const one = (fields: Field[], start: Params): Parameters => ({ variants: { only: { fields, start } } });
const valueOf = (name: string) => (params: Params) => String(params[name]);

const kLargestNumber = Number.MAX_SAFE_INTEGER;
const amount = text('amount', 78, { code: true });
const onChain = [
  text('address', 200, { code: true }),
  number('chain_id', 1, kLargestNumber),
  number('confirmations', 0, 1000, true),
];

const kParameters: Record<string, Parameters> = {
  goodwill_ack: one([text('text', 500, { long: true })], { text: '' }),
  puzzle_solve: {
    variantOf: valueOf('algorithm'),
    variants: {
      sha256: {
        fields: [number('difficulty', 1, 40), number('max_difficulty', 1, 40, true)],
        start: { algorithm: 'sha256', difficulty: 19 },
      },
      argon2id: {
        fields: [
          number('difficulty', 1, 20),
          number('memory_kib', 1024, 65_536),
          number('passes', 1, 4),
          number('max_difficulty', 1, 20, true),
        ],
        start: { algorithm: 'argon2id', difficulty: 6, memory_kib: 19_456, passes: 2 },
      },
      human: { fields: [], start: { algorithm: 'human' } },
    },
  },
  email_verify: one([list('allow'), list('deny')], {}),
  age_over: one([number('age', 1, 120), text('vct', 200, { code: true, optional: true }), list('issuers')], {
    age: 18,
  }),
  social_like: {
    variantOf: ({ network }) => (network === 'nostr' || network === 'activitypub' ? network : 'other'),
    variants: {
      nostr: {
        fields: [action(), text('target', 500, { code: true })],
        start: { network: 'nostr', target: '' },
      },
      activitypub: {
        fields: [action(), text('target', 500, { code: true })],
        start: { network: 'activitypub', target: '' },
      },
      other: {
        fields: [text('network', 32, { code: true }), action(), text('target', 500, { code: true })],
        start: { network: '', target: '' },
      },
    },
  },
  crypto_payment: {
    variantOf: valueOf('method'),
    variants: {
      lightning: { fields: [amount], start: { method: 'lightning', amount: '100', unit: 'sat' } },
      cashu: { fields: [amount, list('mints')], start: { method: 'cashu', amount: '100', unit: 'sat' } },
      evm_native: {
        fields: [amount, ...onChain],
        start: { method: 'evm_native', amount: '', unit: 'wei', chain_id: 1 },
      },
      erc20: {
        fields: [amount, text('unit', 32), text('token', 200, { code: true }), ...onChain],
        start: { method: 'erc20', amount: '', unit: 'usdc', chain_id: 1 },
      },
    },
  },
  watch_ad: one([{ kind: 'title', name: 'creative' }, number('seconds', 1, 600)], { creative: '', seconds: 15 }),
  allowlist_token: {
    variantOf: (params) => ['pass', 'voucher', 'nft'].find((name) => name in params) ?? 'list',
    variants: {
      list: { fields: [text('list', 32, { code: true })], start: { list: 'guests' } },
      pass: { fields: [text('pass', 32, { code: true })], start: { pass: 'member' } },
      voucher: { fields: [text('voucher', 32, { code: true })], start: { voucher: 'gift' } },
      nft: {
        fields: [
          { kind: 'choice', name: 'nft', options: ['erc721', 'erc1155'] },
          number('chain_id', 1, kLargestNumber),
          text('token', 200, { code: true }),
          text('token_id', 78, { code: true, optional: true }),
        ],
        start: { nft: 'erc721', chain_id: 1, token: '' },
      },
    },
  },
};

function action(): Field {
  return { kind: 'choice', name: 'action', options: ['like', 'repost', 'follow'] };
}

/** The requirements that a creator can ask for, in the order in which they are offered. */
export const kRequirements = [
  'goodwill_ack',
  'puzzle_solve',
  'allowlist_token',
  'email_verify',
  'crypto_payment',
  'social_like',
  'watch_ad',
  'age_over',
] as const;

export function variantsOf(requirement: string): string[] {
  return Object.keys(kParameters[requirement]?.variants ?? {});
}

export function variantOf({ requirement, params = {} }: RequirementLeaf): string {
  const known = kParameters[requirement];
  return known?.variantOf?.(params) ?? variantsOf(requirement)[0] ?? '';
}

export function fieldsOf(leaf: RequirementLeaf): Field[] {
  return kParameters[leaf.requirement]?.variants[variantOf(leaf)]?.fields ?? [];
}

/** A new requirement with the parameters to begin with. */
export function newLeaf(requirement: string, variant = variantsOf(requirement)[0] ?? ''): RequirementLeaf {
  return { requirement, params: { ...kParameters[requirement]?.variants[variant]?.start } };
}
