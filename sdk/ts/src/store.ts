// The browser's storage, and the vault on top of it.
//
// The vault encrypts values under a key that cannot leave the browser, and hides their names too: somebody who copies
// the browser's database learns neither which titles were watched nor any grant. If it is lost, films must be unlocked
// again.
import { type Bytes, fromUtf8, subtle, toBase64url, utf8 } from './encoding.ts';
import { SwarmaError } from './errors.ts';

/** A flat map that can hold CryptoKeys (structured clone). */
export interface Store {
  get(name: string): Promise<unknown>;
  put(name: string, value: unknown): Promise<void>;
  delete(name: string): Promise<void>;
}

export class MemoryStore implements Store {
  readonly #map = new Map<string, unknown>();
  async get(name: string): Promise<unknown> {
    return this.#map.get(name);
  }
  async put(name: string, value: unknown): Promise<void> {
    this.#map.set(name, value);
  }
  async delete(name: string): Promise<void> {
    this.#map.delete(name);
  }
}

export class IndexedDbStore implements Store {
  #database: Promise<IDBDatabase> | undefined;
  readonly #name: string;

  constructor(name = 'swarma') {
    this.#name = name;
  }

  get(name: string): Promise<unknown> {
    return this.#run('readonly', (store) => store.get(name));
  }
  async put(name: string, value: unknown): Promise<void> {
    await this.#run('readwrite', (store) => store.put(value, name));
  }
  async delete(name: string): Promise<void> {
    await this.#run('readwrite', (store) => store.delete(name));
  }

  async #run(mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest): Promise<unknown> {
    this.#database ??= openDatabase(this.#name);
    const transaction = (await this.#database).transaction('things', mode);
    const request = act(transaction.objectStore('things'));
    return new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve(request.result);
      transaction.onerror = transaction.onabort = () =>
        reject(transaction.error ?? new Error('The browser refused to store.'));
    });
  }
}

function openDatabase(name: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => request.result.createObjectStore('things');
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('The browser refused to open its storage.'));
  });
}

/** The name of a value in the vault, and its type. */
export interface VaultKey<T> {
  readonly name: string;
  readonly type?: T; // never set: it ties the type to the name for the compiler
}

export function vaultKey<T>(name: string): VaultKey<T> {
  return { name };
}

interface VaultKeys {
  seal: CryptoKey;
  names: CryptoKey;
}

export class Vault {
  readonly #store: Store;
  #keys: Promise<VaultKeys> | undefined;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Reads a value; undefined when there is none or it can no longer be decrypted. */
  async get<T>({ name }: VaultKey<T>): Promise<T | undefined> {
    const hidden = await this.hide(name);
    const sealed = await this.#store.get(hidden);
    if (!(sealed instanceof Uint8Array) || sealed.length < 28) return undefined;
    try {
      const { seal } = await this.#load();
      const box = sealed as Bytes;
      const plain = await subtle().decrypt(
        { name: 'AES-GCM', iv: box.subarray(0, 12), additionalData: utf8(hidden) },
        seal,
        box.subarray(12),
      );
      return JSON.parse(fromUtf8(new Uint8Array(plain))) as T;
    } catch {
      await this.#store.delete(hidden); // encrypted under a key that is gone: worthless
      return undefined;
    }
  }

  async put<T>({ name }: VaultKey<T>, value: T): Promise<void> {
    const hidden = await this.hide(name);
    const { seal } = await this.#load();
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const sealed = await subtle().encrypt(
      { name: 'AES-GCM', iv, additionalData: utf8(hidden) },
      seal,
      utf8(JSON.stringify(value)),
    );
    const box = new Uint8Array(12 + sealed.byteLength);
    box.set(iv);
    box.set(new Uint8Array(sealed), 12);
    await this.#store.put(hidden, box);
  }

  async delete({ name }: VaultKey<unknown>): Promise<void> {
    await this.#store.delete(await this.hide(name));
  }

  /** The name under which the store knows `name`. */
  async hide(name: string): Promise<string> {
    const { names } = await this.#load();
    return toBase64url(new Uint8Array(await subtle().sign('HMAC', names, utf8(name))));
  }

  #load(): Promise<VaultKeys> {
    this.#keys ??= this.#loadOrMake().catch((error: unknown) => {
      this.#keys = undefined;
      throw error;
    });
    return this.#keys;
  }

  async #loadOrMake(): Promise<VaultKeys> {
    const crypto = subtle();
    const held = (await this.#store.get('vault')) as VaultKeys | undefined;
    if (held) return held;
    const made: VaultKeys = {
      seal: await crypto.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']),
      names: await crypto.generateKey({ name: 'HMAC', hash: 'SHA-256' }, false, ['sign']),
    };
    await this.#store.put('vault', made);
    // If two tabs made keys at once, both use those that were stored last.
    const kept = (await this.#store.get('vault')) as VaultKeys | undefined;
    if (!kept) throw new SwarmaError('unsupported_browser', 'The browser does not keep keys.');
    return kept;
  }
}
