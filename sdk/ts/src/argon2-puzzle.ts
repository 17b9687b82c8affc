// Proof of work over Argon2id, whose memory makes special hardware little better than a phone: find n with
// Argon2id(password: n in decimal, salt: the seed's bytes, 1 lane, 32 bytes) beginning with `difficulty` zero bits.
// The function is WebAssembly (hash-wasm): a page that runs it needs 'wasm-unsafe-eval' in its policy.
import { argon2id } from 'hash-wasm';
import { fromBase64url } from './encoding.ts';

export interface Argon2Task {
  seed: string; // base64url
  difficulty: number;
  memoryKib: number;
  passes: number;
}

const kHashBytes = 32;

/** Leading zero bits of the hash for `n`. */
export async function argon2Zeros({ seed, memoryKib, passes }: Argon2Task, n: number): Promise<number> {
  const hash = await argon2id({
    password: String(n),
    salt: fromBase64url(seed),
    parallelism: 1,
    iterations: passes,
    memorySize: memoryKib,
    hashLength: kHashBytes,
    outputType: 'binary',
  });
  return leadingZeros(hash);
}

export function leadingZeros(bytes: Uint8Array): number {
  let bits = 0;
  for (const byte of bytes) {
    bits += Math.clz32(byte) - 24;
    if (byte !== 0) break;
  }
  return bits;
}
