// What a viewer holds for one title on this device: the key pair, unlocks, and unused proofs. Kept in the vault
// together with the key and the revision they belong to; what belongs to another key or revision is dropped.
import type { PersonKey, PersonKeys } from './keys.ts';
import type { HeldTrust } from './policy.ts';
import { type Vault, type VaultKey, vaultKey } from './store.ts';
import type { TitleRecord } from './wire.ts';

const kProofMarginSeconds = 5; // a proof that expires on the way to the node is useless

export interface HeldUnlock {
  path: string;
  grant: string; // the newest grant of this unlock, which the next request presents
  until: number;
}
interface HeldProof {
  jws: string;
  trust: number;
  exp: number;
}
interface Saved {
  revision: number;
  jkt: string;
  unlocks: HeldUnlock[];
  proofs: Record<string, HeldProof>;
}

interface HoldingsContext {
  vault: Vault;
  keys: PersonKeys;
  now(): number;
}

export class Holdings {
  readonly #record: TitleRecord;
  readonly #context: HoldingsContext;
  #saved: Saved | undefined;
  #key: Promise<PersonKey> | undefined;

  constructor(record: TitleRecord, context: HoldingsContext) {
    this.#record = record;
    this.#context = context;
  }

  viewer(): Promise<PersonKey> {
    this.#key ??= this.#context.keys.get(this.#purpose, this.#context.now());
    return this.#key;
  }

  async unlocks(): Promise<HeldUnlock[]> {
    const now = this.#context.now();
    return (await this.#load()).unlocks.filter((unlock) => unlock.until > now);
  }

  /** Leaf keys for which an unused proof is held, with its trust. */
  async trust(): Promise<HeldTrust> {
    const soon = this.#context.now() + kProofMarginSeconds;
    const proofs = Object.entries((await this.#load()).proofs).filter(([, proof]) => proof.exp > soon);
    return new Map(proofs.map(([key, proof]) => [key, proof.trust]));
  }

  /** The attestations held for these leaf keys. */
  async attestations(leafKeys: string[]): Promise<string[]> {
    const { proofs } = await this.#load();
    return leafKeys.flatMap((key) => proofs[key]?.jws ?? []);
  }

  async keepProof(leafKey: string, proof: HeldProof): Promise<void> {
    (await this.#load()).proofs[leafKey] = proof;
    await this.#save();
  }

  /** Forgets proofs that an unlock has used up. */
  async spendProofs(leafKeys: string[]): Promise<void> {
    const saved = await this.#load();
    for (const key of leafKeys) delete saved.proofs[key];
    await this.#save();
  }

  /** Keeps an unlock; it replaces the one held for the same path. */
  async keepUnlock(unlock: HeldUnlock): Promise<void> {
    const saved = await this.#load();
    saved.unlocks = [...saved.unlocks.filter((held) => held.path !== unlock.path), unlock];
    await this.#save();
  }

  async dropUnlock(unlock: HeldUnlock): Promise<void> {
    const saved = await this.#load();
    saved.unlocks = saved.unlocks.filter((held) => held !== unlock);
    await this.#save();
  }

  get #purpose(): string {
    return `title/${this.#record.title_id}`;
  }

  get #name(): VaultKey<Saved> {
    return vaultKey(`unlock/${this.#record.title_id}`);
  }

  async #load(): Promise<Saved> {
    if (this.#saved) return this.#saved;
    const { revision } = this.#record;
    const now = this.#context.now();
    const stored = await this.#context.vault.get(this.#name);
    let viewer = await this.viewer();
    const unlocks =
      stored?.jkt === viewer.jkt && stored.revision === revision
        ? stored.unlocks.filter((unlock) => unlock.until > now)
        : [];
    const proofs =
      stored?.jkt === viewer.jkt ? Object.entries(stored.proofs).filter(([, proof]) => proof.exp > now) : [];
    if (unlocks.length === 0 && proofs.length === 0) {
      this.#key = this.#context.keys.rotate(this.#purpose, now);
      viewer = await this.#key;
    }
    // If another caller has loaded meanwhile, all use its copy.
    this.#saved ??= { revision, jkt: viewer.jkt, unlocks, proofs: Object.fromEntries(proofs) };
    return this.#saved;
  }

  async #save(): Promise<void> {
    if (this.#saved) await this.#context.vault.put(this.#name, this.#saved);
  }
}
