// Proof of work: find n with SHA-256(seed ‖ ":" ‖ n) beginning with `difficulty` zero bits. WebCrypto answers
// asynchronously, one hash at a time, about twenty times slower than this plain SHA-256 over one short message.

const K = new Uint32Array([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98,
  0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
  0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8,
  0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
  0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
  0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
  0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
  0xc67178f2,
]);
const kInitial = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];

/** Hashes `seed:n` for many n. Whole blocks of the seed are hashed once. */
export class PuzzleHasher {
  readonly #w = new Int32Array(64);
  readonly #mid = new Int32Array(8);
  readonly #state = new Int32Array(8);
  readonly #tail: Uint8Array;
  readonly #block = new Uint8Array(128);
  readonly #prefixLength: number;

  constructor(seed: string) {
    const prefix = new TextEncoder().encode(`${seed}:`);
    this.#prefixLength = prefix.length;
    this.#mid.set(kInitial);
    const whole = Math.floor(prefix.length / 64) * 64;
    for (let at = 0; at < whole; at += 64) this.#compress(this.#mid, prefix, at);
    this.#tail = prefix.subarray(whole);
  }

  /** Number of leading zero bits of the hash, counted up to 64. */
  leadingZeros(n: number): number {
    const digits = String(n);
    const block = this.#block;
    block.fill(0);
    block.set(this.#tail);
    let length = this.#tail.length;
    for (let i = 0; i < digits.length; i++) block[length++] = digits.charCodeAt(i);
    block[length] = 0x80;
    const size = length + 9 <= 64 ? 64 : 128;
    const bits = (this.#prefixLength + digits.length) * 8;
    block[size - 4] = bits >>> 24;
    block[size - 3] = bits >>> 16;
    block[size - 2] = bits >>> 8;
    block[size - 1] = bits;
    this.#state.set(this.#mid);
    for (let at = 0; at < size; at += 64) this.#compress(this.#state, block, at);
    const high = Math.clz32(this.#state[0] as number);
    return high < 32 ? high : 32 + Math.clz32(this.#state[1] as number);
  }

  #compress(h: Int32Array, bytes: Uint8Array, at: number): void {
    const w = this.#w;
    for (let i = 0, j = at; i < 16; i++, j += 4) {
      w[i] =
        ((bytes[j] as number) << 24) |
        ((bytes[j + 1] as number) << 16) |
        ((bytes[j + 2] as number) << 8) |
        (bytes[j + 3] as number);
    }
    for (let i = 16; i < 64; i++) {
      const x = w[i - 15] as number;
      const y = w[i - 2] as number;
      const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
      const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
      w[i] = ((w[i - 16] as number) + s0 + (w[i - 7] as number) + s1) | 0;
    }
    let [a, b, c, d, e, f, g, k] = h as unknown as [number, number, number, number, number, number, number, number];
    for (let i = 0; i < 64; i++) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const t1 = (k + s1 + ((e & f) ^ (~e & g)) + (K[i] as number) + (w[i] as number)) | 0;
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      k = g;
      g = f;
      f = e;
      e = (d + t1) | 0;
      d = c;
      c = b;
      b = a;
      a = (t1 + t2) | 0;
    }
    h[0] = ((h[0] as number) + a) | 0;
    h[1] = ((h[1] as number) + b) | 0;
    h[2] = ((h[2] as number) + c) | 0;
    h[3] = ((h[3] as number) + d) | 0;
    h[4] = ((h[4] as number) + e) | 0;
    h[5] = ((h[5] as number) + f) | 0;
    h[6] = ((h[6] as number) + g) | 0;
    h[7] = ((h[7] as number) + k) | 0;
  }
}

export interface PuzzleTask {
  seed: string;
  difficulty: number;
}

/** Tries n = from, from + 1, … below `until`; the first that solves the task, or undefined. */
export function searchSolution(
  task: PuzzleTask,
  from: number,
  until: number,
  hasher = new PuzzleHasher(task.seed),
): number | undefined {
  for (let n = from; n < until; n++) if (hasher.leadingZeros(n) >= task.difficulty) return n;
  return undefined;
}

/** Chance that a search of `tried` numbers has met a solution: how far along one may say it is. */
export function chanceByNow(difficulty: number, tried: number): number {
  return 1 - Math.exp(-tried / 2 ** difficulty);
}
