// A grant: signed by the title's key agent, sealed to one viewer. Everything it says is checked before its keys are used.
import { fromBase64url, fromUtf8 } from './encoding.ts';
import { SwarmaError } from './errors.ts';
import { openJwe, parseJson, verifyJws } from './jose.ts';
import type { TreeNode } from './key-tree.ts';
import type { PersonKey } from './keys.ts';
import { policyHash } from './title.ts';
import type { GrantClaims, TitleRecord, TreeNodeWire } from './wire.ts';

const kMaxNodes = 64;

export interface OpenGrant {
  claims: GrantClaims;
  groups: Map<string, TreeNode[]>;
}

export async function openGrant(jws: string, record: TitleRecord, viewer: PersonKey, now: number): Promise<OpenGrant> {
  const claims = (await verifyJws(jws, 'swarma-grant+jwt', record.agent.signer, 'grant_forged')) as unknown as GrantClaims;
  const [begin, end] = Array.isArray(claims.slots) ? claims.slots : [];
  if (claims.title_id !== record.title_id || claims.revision !== record.revision) throw new SwarmaError('grant_forged', 'The grant is for another title or revision.');
  if (claims.aud !== viewer.jkt) throw new SwarmaError('wrong_viewer', 'The grant belongs to another viewer.');
  if (!(claims.exp > now)) throw new SwarmaError('grant_expired', 'The grant has expired.');
  if (claims.policy_hash !== (await policyHash(record.policy))) throw new SwarmaError('policy_changed', 'The grant was issued under other terms than the record states.');
  if (!Number.isInteger(begin) || !Number.isInteger(end) || (begin as number) < 0 || (end as number) > record.slots || (begin as number) >= (end as number)) {
    throw new SwarmaError('grant_forged', 'The grant names slots that the title does not have.');
  }
  const sealed = parseJson(fromUtf8(await openJwe(claims.keys, viewer.decryptionKey))) as { grant_id?: string; groups?: Record<string, TreeNodeWire[]> };
  if (sealed.grant_id !== claims.grant_id) throw new SwarmaError('grant_forged', 'The keys in the grant belong to another grant.');
  const groups = new Map<string, TreeNode[]>();
  for (const [group, nodes] of Object.entries(sealed.groups ?? {})) {
    if (!record.key_groups.includes(group) || nodes.length > kMaxNodes) throw new SwarmaError('grant_forged', 'The grant holds keys that do not fit the title.');
    groups.set(group, nodes.map(({ level, index, key }) => ({ level, index, key: fromBase64url(key) })));
  }
  return { claims, groups };
}
