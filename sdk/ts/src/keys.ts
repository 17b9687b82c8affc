// The keys of the person at the browser: Ed25519 to sign, X25519 to receive. Private keys are never extractable.
//
// A viewer has a different pair for every title, so that nobody can link two titles by the key. A pair is replaced once
// it is older than kRotateAfterSeconds and nothing depends on it (the caller knows).
import { subtle } from './encoding.ts';
import { SwarmaError } from './errors.ts';
import { thumbprint } from './jose.ts';
import type { Store, Vault } from './store.ts';

const kRotateAfterSeconds = 7 * 24 * 3600;

export interface PersonKey {
  privateKey: CryptoKey;
  jwk: JsonWebKey; // public
  jkt: string;
  decryptionKey: CryptoKey;
  encryptionJwk: JsonWebKey; // public
  createdAt: number;
}

export class PersonKeys {
  readonly #store: Store;
  readonly #vault: Vault;
  readonly #loading = new Map<string, Promise<PersonKey>>();

  constructor(store: Store, vault: Vault) {
    this.#store = store;
    this.#vault = vault;
  }

  /** The pair for `purpose` ("title/<id>", "studio"); made on first use. `now` in seconds. */
  get(purpose: string, now: number): Promise<PersonKey> {
    let key = this.#loading.get(purpose);
    if (!key) {
      key = this.#loadOrMake(purpose, now);
      this.#loading.set(purpose, key);
      key.catch(() => this.#loading.delete(purpose));
    }
    return key;
  }

  /** Replaces the pair if it is old enough. Call it only when nothing bound to the pair is still needed. */
  async rotate(purpose: string, now: number): Promise<PersonKey> {
    const key = await this.get(purpose, now);
    if (now - key.createdAt < kRotateAfterSeconds) return key;
    await this.forget(purpose);
    return this.get(purpose, now);
  }

  async forget(purpose: string): Promise<void> {
    this.#loading.delete(purpose);
    await this.#store.delete(await this.#nameOf(purpose));
  }

  #nameOf(purpose: string): Promise<string> {
    return this.#vault.hide(`key/${purpose}`);
  }

  async #loadOrMake(purpose: string, now: number): Promise<PersonKey> {
    const name = await this.#nameOf(purpose);
    const held = (await this.#store.get(name)) as PersonKey | undefined;
    if (held) return held;
    await this.#store.put(name, await makePersonKey(now));
    return (await this.#store.get(name)) as PersonKey;
  }
}

export async function makePersonKey(now: number): Promise<PersonKey> {
  const crypto = subtle();
  try {
    const sign = await crypto.generateKey({ name: 'Ed25519' }, false, ['sign', 'verify']);
    const agree = await crypto.generateKey({ name: 'X25519' }, false, ['deriveBits']);
    const jwk = pickPublic(await crypto.exportKey('jwk', sign.publicKey));
    return {
      privateKey: sign.privateKey,
      jwk,
      jkt: await thumbprint(jwk),
      decryptionKey: agree.privateKey,
      encryptionJwk: pickPublic(await crypto.exportKey('jwk', agree.publicKey)),
      createdAt: now,
    };
  } catch (cause) {
    throw new SwarmaError(
      'unsupported_browser',
      'This browser has no Ed25519 and X25519 keys yet; a current one does.',
      { cause },
    );
  }
}

function pickPublic(jwk: JsonWebKey): JsonWebKey {
  return { crv: jwk.crv as string, kty: jwk.kty as string, x: jwk.x as string };
}
