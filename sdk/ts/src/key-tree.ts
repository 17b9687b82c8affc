// The key tree (src/crypto/key_tree.h): from the nodes of a grant, the keys of exactly its slots.
import { type Bytes, concat, subtle, utf8 } from './encoding.ts';
import { SwarmaError } from './errors.ts';

export const kMaxSlots = 1 << 20;

export interface TreeNode {
  level: number; // 0 is the root
  index: number; // from the left
  key: Bytes; // 32
}

export function treeDepth(slots: number): number {
  return slots <= 1 ? 0 : 32 - Math.clz32(slots - 1);
}

async function hkdf(key: Bytes, info: Uint8Array): Promise<Bytes> {
  const base = await subtle().importKey('raw', key, 'HKDF', false, ['deriveBits']);
  const bits = await subtle().deriveBits(
    { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: info as Bytes },
    base,
    256,
  );
  return new Uint8Array(bits);
}

const kLeft = utf8('swarma/1 left');
const kRight = utf8('swarma/1 right');

function childKey(parent: Bytes, side: 0 | 1): Promise<Bytes> {
  return hkdf(parent, side === 0 ? kLeft : kRight);
}

/** The content key of (track, slot) from the leaf of the slot. */
export function contentKey(leaf: Bytes, trackId: string): Promise<Bytes> {
  return hkdf(leaf, utf8(`swarma/1 track ${trackId}`));
}

/** title id (16 bytes) ‖ salt (16) ‖ u16 length ‖ track id ‖ u32 slot, big-endian. */
export function additionalData(titleId: Uint8Array, salt: Uint8Array, trackId: string, slot: number): Bytes {
  if (titleId.length !== 16 || salt.length !== 16)
    throw new SwarmaError('answer_bad', 'The title id and the salt have 16 bytes.');
  const track = utf8(trackId);
  const length = new Uint8Array(2);
  new DataView(length.buffer).setUint16(0, track.length);
  const index = new Uint8Array(4);
  new DataView(index.buffer).setUint32(0, slot);
  return concat(titleId, salt, length, track, index);
}

/** The places of the nodes in the minimal cover of [begin, end), from left to right. */
export function coverShape(
  slots: number,
  [begin, end]: readonly [number, number],
): Pick<TreeNode, 'level' | 'index'>[] {
  const depth = treeDepth(slots);
  const under = (level: number, index: number): Pick<TreeNode, 'level' | 'index'>[] => {
    const size = 2 ** (depth - level);
    const first = index * size;
    if (end <= first || begin >= first + size) return [];
    if (begin <= first && end >= first + size) return [{ level, index }];
    return [...under(level + 1, 2 * index), ...under(level + 1, 2 * index + 1)];
  };
  return under(0, 0);
}

/** The nodes held for one key group, each with its expiry. */
export class KeyRing {
  readonly slots: number;
  readonly #depth: number;
  #nodes: { node: TreeNode; expiresAt: number }[] = [];
  #path: TreeNode[] = []; // from a held node down to the last leaf: reading on costs about one derivation per slot

  constructor(slots: number) {
    if (!Number.isInteger(slots) || slots < 1 || slots > kMaxSlots)
      throw new SwarmaError('answer_bad', 'The number of slots is out of range.');
    this.slots = slots;
    this.#depth = treeDepth(slots);
  }

  add(node: TreeNode, expiresAt: number): void {
    const { level, index, key } = node;
    const fits =
      Number.isInteger(level) &&
      level >= 0 &&
      level <= this.#depth &&
      Number.isInteger(index) &&
      index >= 0 &&
      index < 2 ** level;
    if (!fits || key.length !== 32) throw new SwarmaError('answer_bad', 'A key node lies outside the tree.');
    const same = this.#nodes.find((held) => held.node.level === level && held.node.index === index);
    if (same) same.expiresAt = Math.max(same.expiresAt, expiresAt);
    else this.#nodes.push({ node, expiresAt });
  }

  dropExpired(now: number): void {
    this.#nodes = this.#nodes.filter((held) => held.expiresAt > now);
    this.#path = [];
  }

  covers(slot: number): boolean {
    return slot >= 0 && slot < this.slots && this.#find(slot) !== undefined;
  }

  async leaf(slot: number): Promise<Bytes | undefined> {
    if (slot < 0 || slot >= this.slots) return undefined;
    const start = this.#find(slot);
    if (!start) return undefined;
    let path = this.#path[0] === start ? this.#path.filter((node) => this.#isAbove(node, slot)) : [start];
    for (let at = path[path.length - 1] as TreeNode; at.level < this.#depth; at = path[path.length - 1] as TreeNode) {
      const side = ((slot >>> (this.#depth - at.level - 1)) & 1) as 0 | 1;
      path = [...path, { level: at.level + 1, index: at.index * 2 + side, key: await childKey(at.key, side) }];
    }
    this.#path = path;
    return (path[path.length - 1] as TreeNode).key;
  }

  #find(slot: number): TreeNode | undefined {
    return this.#nodes.find((held) => this.#isAbove(held.node, slot))?.node;
  }

  #isAbove(node: TreeNode, slot: number): boolean {
    return slot >>> (this.#depth - node.level) === node.index;
  }
}
