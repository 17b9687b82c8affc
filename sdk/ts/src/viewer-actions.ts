// Actions of a viewer: what is done to meet a requirement. An action is kept in the vault until it ends, so that a page
// that was closed goes on with the same one: the mail that was sent, the invoice that was paid, the place reached in a
// puzzle.
import { asSwarmaError, SwarmaError } from './errors.ts';
import type { Holdings } from './holdings.ts';
import type { Http } from './http.ts';
import { peekJws } from './jose.ts';
import { backoff, isTransient, type Pause, pauseFor } from './retry.ts';
import { type Vault, type VaultKey, vaultKey } from './store.ts';
import type { Action, AttestationClaims, RequirementLeaf } from './wire.ts';

const kMarginSeconds = 10; // an action that ends while it is answered is useless
const kAskAgainSeconds = 3; // where the node does not say when

/** Refusals after which an action is over. */
const kOver = new Set([
  'action_expired',
  'action_unknown',
  'action_completed',
  'action_wrong_viewer',
  'too_many_tries',
  'too_many_messages',
]);

interface Kept {
  jkt: string;
  action: Action;
  place?: unknown;
}

/** An action, and how far the viewer has come with it, as the page has noted. */
export interface OpenAction<Place> {
  action: Action;
  place?: Place;
}

interface ActionsContext {
  titleId: string;
  http: Http;
  vault: Vault;
  holdings: Holdings;
  /** An attestation has been kept. */
  onProof(): void;
  pause?: Pause;
}

export class ViewerActions {
  readonly #context: ActionsContext;

  constructor(context: ActionsContext) {
    this.#context = context;
  }

  /** The action that was begun and is still good, if there is one. */
  async find<Place>(leaf: RequirementLeaf): Promise<OpenAction<Place> | undefined> {
    const kept = await this.#context.vault.get(this.#nameOf(leaf));
    if (!kept) return undefined;
    const { jkt } = await this.#context.holdings.viewer();
    if (kept.jkt === jkt && kept.action.expires_at > this.#context.http.now() + kMarginSeconds)
      return kept as OpenAction<Place>;
    await this.drop(leaf);
    return undefined;
  }

  /** The action that was begun, or a new one. */
  async open<Place>(leaf: RequirementLeaf): Promise<OpenAction<Place>> {
    const kept = await this.find<Place>(leaf);
    if (kept) return kept;
    const viewer = await this.#context.holdings.viewer();
    const body = { title_id: this.#context.titleId, requirement: leaf.requirement, key: leaf.key };
    const action = await this.#context.http.call<Action>('/v1/actions/start', { body, key: viewer });
    await this.#context.vault.put(this.#nameOf(leaf), { jkt: viewer.jkt, action });
    return { action };
  }

  /** Notes how far the viewer has come. */
  async note(leaf: RequirementLeaf, place: unknown): Promise<void> {
    const kept = await this.#context.vault.get(this.#nameOf(leaf));
    if (kept) await this.#context.vault.put(this.#nameOf(leaf), { ...kept, place });
  }

  /** Forgets an action, so that the next one is new. */
  async drop(leaf: RequirementLeaf): Promise<void> {
    await this.#context.vault.delete(this.#nameOf(leaf));
  }

  /** Sends what comes before the answer. Resolves with what the requirement replies. */
  async tell(
    leaf: RequirementLeaf,
    actionId: string,
    message: Record<string, unknown>,
  ): Promise<Record<string, unknown>> {
    const { reply } = await this.#call<{ reply: Record<string, unknown> }>(leaf, '/v1/actions/continue', {
      action_id: actionId,
      message,
    });
    return reply;
  }

  /** Answers a challenge and keeps the attestation. */
  async complete(leaf: RequirementLeaf, actionId: string, response: Record<string, unknown>): Promise<void> {
    const { attestation } = await this.#call<{ attestation: string }>(leaf, '/v1/actions/complete', {
      action_id: actionId,
      response,
    });
    const { titleId, holdings } = this.#context;
    const claims = peekJws(attestation) as unknown as AttestationClaims;
    if (claims.subject !== (await holdings.viewer()).jkt || claims.title_id !== titleId)
      throw new SwarmaError('attestation_wrong_viewer', 'The node attested something about somebody else.');
    await holdings.keepProof(leaf.key ?? '', { jws: attestation, trust: claims.trust, exp: claims.exp });
    await this.drop(leaf);
    this.#context.onProof();
  }

  /**
   * Answers, and asks again for as long as what is asked for is under way (`not_yet`) or the node cannot tell. What was
   * done counts, however long it takes: it ends with the action, with another refusal, or with `signal`.
   */
  async completeInTime(
    leaf: RequirementLeaf,
    actionId: string,
    response: Record<string, unknown>,
    { signal, onWaiting }: { signal: AbortSignal; onWaiting(why: SwarmaError): void },
  ): Promise<void> {
    for (let failures = 0; ;) {
      if (signal.aborted) throw new SwarmaError('aborted', 'Waiting was given up.');
      try {
        return await this.complete(leaf, actionId, response);
      } catch (error) {
        const problem = asSwarmaError(error);
        const isUnderWay = problem.reason === 'not_yet';
        if (kOver.has(problem.reason) || (!isUnderWay && !isTransient(problem))) throw problem;
        failures = isUnderWay ? 0 : failures + 1;
        onWaiting(problem);
        const pause = this.#context.pause ?? pauseFor;
        await pause(problem.retryAfterSeconds ?? backoff(failures, kAskAgainSeconds, 30), signal);
      }
    }
  }

  async #call<T>(leaf: RequirementLeaf, path: string, body: Record<string, unknown>): Promise<T> {
    try {
      return await this.#context.http.call<T>(path, { body, key: await this.#context.holdings.viewer() });
    } catch (error) {
      if (kOver.has(asSwarmaError(error).reason)) await this.drop(leaf);
      throw error;
    }
  }

  #nameOf(leaf: RequirementLeaf): VaultKey<Kept> {
    return vaultKey(`action/${this.#context.titleId}/${leaf.key ?? ''}`);
  }
}
