// A grant: signed by the title's key agent, sealed to one viewer. Everything it says is checked before its keys are
// used.
import { fromBase64url, fromUtf8 } from './encoding.ts';
import { SwarmaError } from './errors.ts';
import { openJwe, parseJson, verifyJws } from './jose.ts';
import { coverShape, type TreeNode } from './key-tree.ts';
import type { PersonKey } from './keys.ts';
import { policyHash } from './title.ts';
import type { GrantClaims, TitleRecord, TreeNodeWire } from './wire.ts';

interface OpenGrant {
  claims: GrantClaims;
  groups: Map<string, TreeNode[]>;
}

export async function openGrant(jws: string, record: TitleRecord, viewer: PersonKey, now: number): Promise<OpenGrant> {
  const claims = (await verifyJws(
    jws,
    'swarma-grant+jwt',
    record.agent.signer,
    'grant_forged',
  )) as unknown as GrantClaims;
  await checkClaims(claims, record, viewer, now);
  const sealed = parseJson(fromUtf8(await openJwe(claims.keys, viewer.decryptionKey))) as Sealed;
  if (sealed.grant_id !== claims.grant_id) throw forged('its keys belong to another grant.');
  const held = Object.entries(sealed.groups ?? {});
  const fits = ([group]: [string, unknown]) => record.key_groups.includes(group) && claims.key_groups.includes(group);
  if (held.length !== claims.key_groups.length || !held.every(fits))
    throw forged('its keys are not those of its key groups.');
  const shape = coverShape(record.slots, claims.slots);
  const groups = held.map(([group, nodes]): [string, TreeNode[]] => [group, readCover(nodes, shape)]);
  return { claims, groups: new Map(groups) };
}

interface Sealed {
  grant_id?: string;
  groups?: Record<string, TreeNodeWire[]>;
}

async function checkClaims(claims: GrantClaims, record: TitleRecord, viewer: PersonKey, now: number): Promise<void> {
  if (claims.title_id !== record.title_id)
    throw new SwarmaError('grant_wrong_title', 'The grant is for another title.');
  if (claims.aud !== viewer.jkt) throw new SwarmaError('grant_wrong_viewer', 'The grant belongs to another viewer.');
  if (claims.revision !== record.revision)
    throw new SwarmaError('grant_old_revision', 'The grant is for another revision of the title.');
  if (claims.policy_hash !== (await policyHash(record.policy))) {
    throw new SwarmaError('grant_other_policy', 'The grant was issued under other terms than the record states.');
  }
  if (!(claims.exp > now)) throw new SwarmaError('grant_expired', 'The grant has expired.');
  const [begin = -1, end = -1] = Array.isArray(claims.slots) ? claims.slots : [];
  const inTitle = Number.isInteger(begin) && Number.isInteger(end) && begin >= 0 && begin < end && end <= record.slots;
  if (!inTitle) throw forged('it names slots that the title does not have.');
  if (!Array.isArray(claims.key_groups)) throw forged('it names no key groups.');
}

/** The nodes must be the minimal cover of the slots, no more, no fewer, from left to right. */
function readCover(nodes: TreeNodeWire[], shape: Pick<TreeNode, 'level' | 'index'>[]): TreeNode[] {
  const isAt = (node: TreeNodeWire, i: number) => node.level === shape[i]?.level && node.index === shape[i].index;
  const isSame = Array.isArray(nodes) && nodes.length === shape.length && nodes.every(isAt);
  if (!isSame) throw forged('its keys do not cover exactly the slots it names.');
  return nodes.map(({ level, index, key }) => ({ level, index, key: fromBase64url(key) }));
}

function forged(why: string): SwarmaError {
  return new SwarmaError('grant_forged', `The grant is not what the title's key agent should have made: ${why}`);
}
