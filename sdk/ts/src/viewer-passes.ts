// Passes of one creator, held by a key that a viewer has for this creator alone: it joins no titles of other creators. The
// node keeps them; the key proves that they are the viewer's, and lends them to the key of a title.
import type { Holdings } from './holdings.ts';
import type { Http } from './http.ts';
import { proveHolder } from './jose.ts';
import type { PersonKey, PersonKeys } from './keys.ts';
import { listLeaves } from './policy.ts';
import type { ViewerActions } from './viewer-actions.ts';
import type { HeldPass, OfferPath, RequirementLeaf, TitleRecord } from './wire.ts';

interface PassesContext {
  record: TitleRecord;
  http: Http;
  keys: PersonKeys;
  holdings: Holdings;
  actions: ViewerActions;
  /** Proofs have been spent, or a pass was given. */
  onChange(): void;
}

export class ViewerPasses {
  readonly #context: PassesContext;

  constructor(context: PassesContext) {
    this.#context = context;
  }

  /** What the creator needs to give this viewer a pass by hand: the thumbprint of the key that will hold it. */
  async memberNumber(): Promise<string> {
    return (await this.#holder()).jkt;
  }

  /** The passes of a tier that open this title now. */
  async held(tier: string): Promise<HeldPass[]> {
    const { http, record } = this.#context;
    const { passes } = await http.call<{ passes: HeldPass[] }>('/v1/passes/held', { key: await this.#holder() });
    const opens = ({ titles }: HeldPass) => titles === 'all' || titles.includes(record.title_id);
    return passes.filter((pass) => pass.tier === tier && pass.state === 'valid' && opens(pass));
  }

  /** Shows a pass for a requirement. */
  async show(leaf: RequirementLeaf, { pass }: HeldPass): Promise<void> {
    const { action } = await this.#context.actions.open(leaf);
    const holder = await this.#prove(action.action_id);
    await this.#context.actions.complete(leaf, action.action_id, { pass, holder });
  }

  /** Turns the held proofs into the pass that `path` gives. */
  async request(path: OfferPath): Promise<void> {
    const { http, record, holdings } = this.#context;
    const leaves = listLeaves(path.requires).map((leaf) => leaf.key ?? '');
    const body = {
      title_id: record.title_id,
      revision: record.revision,
      path: path.id,
      attestations: await holdings.attestations(leaves),
      holder: await this.#prove(record.title_id),
    };
    await http.call('/v1/passes/request', { body, key: await holdings.viewer() });
    await holdings.spendProofs(leaves);
    this.#context.onChange();
  }

  async #prove(nonce: string): Promise<string> {
    const { http, holdings } = this.#context;
    const { jkt: viewer } = await holdings.viewer();
    return proveHolder(await this.#holder(), { viewer, nonce, now: http.now() });
  }

  #holder(): Promise<PersonKey> {
    const { keys, record, http } = this.#context;
    return keys.get(`passes/${record.creator}`, http.now());
  }
}
