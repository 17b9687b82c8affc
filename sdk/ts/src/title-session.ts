// One viewer watching one title: proofs given, unlocks held, keys fetched ahead of playback.
//
// A player awaits waitForKey(group, slot) before it opens a segment. That resolves at once when the key is there.
// Otherwise it fetches the key if an unlock or an open path gives it, or waits until the viewer has unlocked. Key
// requests are sent one at a time.
import { Coverage } from './coverage.ts';
import { asSwarmaError, SwarmaError } from './errors.ts';
import { openGrant } from './grant.ts';
import { type HeldUnlock, Holdings } from './holdings.ts';
import type { Http } from './http.ts';
import type { PersonKey, PersonKeys } from './keys.ts';
import { type HeldTrust, listLeaves } from './policy.ts';
import { backoff, isTransient, pauseFor } from './retry.ts';
import type { SegmentLoader } from './segment-client.ts';
import type { Vault } from './store.ts';
import { ViewerActions } from './viewer-actions.ts';
import { ViewerPasses } from './viewer-passes.ts';
import type { Offer, OfferPath, TitleRecord } from './wire.ts';

/** Keys are renewed this long before they expire, and fetched this many slots before they are needed. */
const kRenewSeconds = 20;
const kLookaheadSlots = 6;
const kMaxBackoffSeconds = 8;

export type SessionEvent =
  | { kind: 'changed' } // keys, unlocks or proofs have changed
  | { kind: 'locked'; group: string; slot: number } // somebody waits for a key that needs an unlock
  | { kind: 'lost'; path: string; error: SwarmaError } // an unlock ended or was taken away
  | { kind: 'trouble'; error: SwarmaError } // the node does not answer; it is asked again
  | { kind: 'well' }; // it answers again

interface SessionContext {
  http: Http;
  vault: Vault;
  keys: PersonKeys;
}

export class TitleSession {
  readonly record: TitleRecord;
  readonly segments: SegmentLoader;
  /** What the viewer does to meet requirements. */
  readonly actions: ViewerActions;
  /** Passes of the creator that the viewer holds. */
  readonly passes: ViewerPasses;
  readonly #context: SessionContext;
  readonly #listeners = new Set<(event: SessionEvent) => void>();
  readonly #coverage = new Coverage();
  readonly #holdings: Holdings;
  #offer: Promise<Offer> | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #troubled = false;
  #closed = false;

  constructor(record: TitleRecord, segments: SegmentLoader, context: SessionContext) {
    this.record = record;
    this.segments = segments;
    this.#context = context;
    this.#holdings = new Holdings(record, { vault: context.vault, keys: context.keys, now: () => context.http.now() });
    this.actions = new ViewerActions({
      titleId: record.title_id,
      http: context.http,
      vault: context.vault,
      holdings: this.#holdings,
      onProof: () => this.#emit({ kind: 'changed' }),
    });
    this.passes = new ViewerPasses({
      record,
      http: context.http,
      keys: context.keys,
      holdings: this.#holdings,
      actions: this.actions,
      onChange: () => this.#emit({ kind: 'changed' }),
    });
  }

  subscribe(listener: (event: SessionEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#closed = true;
    this.#emit({ kind: 'changed' });
    this.#listeners.clear();
    this.segments.close();
  }

  /** The node's offer for the record at hand; a newer revision at the node is `not_current_revision`. */
  offer(): Promise<Offer> {
    this.#offer ??= this.#fetchOffer().catch((error: unknown) => {
      this.#offer = undefined;
      throw error;
    });
    return this.#offer;
  }

  covers(group: string, slot: number): boolean {
    return this.#coverage.covers(group, slot, this.#context.http.now());
  }

  openRanges(group: string): [number, number][] {
    return this.#coverage.ranges(group, this.#context.http.now());
  }

  /** Paths with a live unlock, and until when. */
  async heldUnlocks(): Promise<{ path: string; until: number }[]> {
    return (await this.#holdings.unlocks()).map(({ path, until }) => ({ path, until }));
  }

  /** Leaf keys for which an unused proof is held, with its trust. */
  heldProofs(): Promise<HeldTrust> {
    return this.#holdings.trust();
  }

  /**
   * Turns the held proofs into an unlock of `path` and fetches the first keys, from `fromSlot` on if the path opens it.
   */
  async unlock(path: OfferPath, fromSlot: number): Promise<void> {
    await this.#serially(async () => {
      const leaves = listLeaves(path.requires).map((leaf) => leaf.key ?? '');
      const attestations = await this.#holdings.attestations(leaves);
      const [begin, end] = path.grants.slots;
      await this.#request(path, fromSlot >= begin && fromSlot < end ? fromSlot : begin, { attestations });
      await this.#holdings.spendProofs(leaves);
    });
    this.#emit({ kind: 'changed' });
  }

  /** Resolves when the segment loader has the key of (group, slot). Rejects only when aborted or closed. */
  async waitForKey(group: string, slot: number, signal: AbortSignal): Promise<void> {
    for (let failures = 0; ;) {
      if (signal.aborted || this.#closed) throw new SwarmaError('aborted', 'The request was given up.');
      try {
        if (await this.#ensure(group, slot)) {
          this.#lookAhead(group, slot);
          return;
        }
        failures = 0;
        this.#emit({ kind: 'locked', group, slot });
        await this.#nextChange(signal, undefined);
      } catch (error) {
        this.#reportTrouble(asSwarmaError(error));
        const { retryAfterSeconds } = asSwarmaError(error);
        const pause = backoff(failures++, 0.5, kMaxBackoffSeconds);
        await this.#nextChange(signal, 1000 * Math.max(pause, Math.min(retryAfterSeconds ?? 0, kMaxBackoffSeconds)));
      }
    }
  }

  /** Whether the key of the slot is held or can be fetched without asking the viewer. */
  async isWithinReach(group: string, slot: number): Promise<boolean> {
    return this.covers(group, slot) || (await this.#freePaths(group, slot)).length > 0;
  }

  /** Makes sure that the slot is open until `asOf`; false when the viewer must unlock first. */
  async #ensure(group: string, slot: number, asOf = this.#context.http.now()): Promise<boolean> {
    if (this.#coverage.covers(group, slot, asOf)) return true;
    return this.#serially(async () => {
      this.#dropExpired();
      if (this.#coverage.covers(group, slot, asOf)) return true;
      for (const { path, unlock } of await this.#freePaths(group, slot)) {
        try {
          await this.#request(path, slot, unlock ? { unlock: unlock.grant } : { attestations: [] });
          this.#emit({ kind: 'changed' });
          return true;
        } catch (error) {
          const problem = asSwarmaError(error);
          if (isTransient(problem)) throw problem;
          if (unlock) await this.#holdings.dropUnlock(unlock);
          this.#emit({ kind: 'lost', path: path.id, error: problem });
        }
      }
      return false;
    });
  }

  #lookAhead(group: string, slot: number): void {
    const ahead = Math.min(slot + kLookaheadSlots, this.record.slots - 1);
    const soon = this.#context.http.now() + kRenewSeconds;
    if (this.#coverage.covers(group, ahead, soon)) return;
    void this.isWithinReach(group, ahead)
      .then((reachable) => reachable && this.#ensure(group, ahead, soon))
      .catch((error: unknown) => this.#reportTrouble(asSwarmaError(error)));
  }

  /** Paths that open the slot without the viewer doing anything: held unlocks first, then open paths. */
  async #freePaths(group: string, slot: number): Promise<{ path: OfferPath; unlock?: HeldUnlock }[]> {
    const [offer, unlocks] = await Promise.all([this.offer(), this.#holdings.unlocks()]);
    const fitting = offer.paths.filter(
      (path) => path.grants.key_groups.includes(group) && slot >= path.grants.slots[0] && slot < path.grants.slots[1],
    );
    const held = fitting.flatMap((path) => {
      const unlock = unlocks.find((candidate) => candidate.path === path.id);
      return unlock ? [{ path, unlock }] : [];
    });
    const open = fitting
      .filter((path) => path.open && !held.some((entry) => entry.path === path))
      .map((path) => ({ path }));
    return [...held, ...open];
  }

  async #request(path: OfferPath, slot: number, proof: { attestations: string[] } | { unlock: string }): Promise<void> {
    const end = Math.min(path.grants.slots[1], slot + (path.grants.window_slots ?? this.record.slots));
    const begin = path.grants.window_slots ? slot : path.grants.slots[0];
    const viewer = await this.#holdings.viewer();
    const body = {
      title_id: this.record.title_id,
      revision: this.record.revision,
      path: path.id,
      slots: [begin, end],
      key_groups: path.grants.key_groups,
      encryption_key: viewer.encryptionJwk,
      ...proof,
    };
    const { grant } = await this.#callStubbornly<{ grant: string }>('/v1/keys/request', body, viewer);
    await this.#useGrant(grant, viewer);
    if (this.#troubled) this.#emit({ kind: 'well' });
    this.#troubled = false;
  }

  /** Sends the request again when its answer was lost: with the same idempotency key the node repeats its answer. */
  async #callStubbornly<T>(path: string, body: unknown, key: PersonKey): Promise<T> {
    const idempotencyKey = crypto.randomUUID();
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#context.http.call<T>(path, { body, key, idempotencyKey });
      } catch (error) {
        if (asSwarmaError(error).reason !== 'unreachable' || attempt === 3 || this.#closed) throw error;
        await pauseFor(0.3 * attempt);
      }
    }
  }

  async #useGrant(jws: string, viewer: PersonKey): Promise<void> {
    const { claims, groups } = await openGrant(jws, this.record, viewer, this.#context.http.now());
    for (const [group, nodes] of groups) {
      this.segments.addKeys(group, nodes, claims.exp);
      this.#coverage.add(group, claims.slots, claims.exp);
    }
    await this.#holdings.keepUnlock({ path: claims.path, grant: jws, until: claims.unlock_until });
  }

  #dropExpired(): void {
    const now = this.#context.http.now();
    this.#coverage.dropExpired(now);
    this.segments.dropExpired(now);
  }

  async #fetchOffer(): Promise<Offer> {
    const offer = await this.#context.http.call<Offer>('/v1/requirements/offer', {
      body: { title_id: this.record.title_id },
    });
    if (offer.title_id !== this.record.title_id || !Array.isArray(offer.paths))
      throw new SwarmaError('answer_bad', 'The offer is for another title.');
    if (offer.revision !== this.record.revision)
      throw new SwarmaError('not_current_revision', 'The title has a newer revision. Load the page again.');
    return offer;
  }

  #serially<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#queue.then(work, work);
    this.#queue = run.catch(() => undefined); // whoever awaits `run` handles the failure
    return run;
  }

  #nextChange(signal: AbortSignal, timeoutMs: number | undefined): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        unsubscribe();
        signal.removeEventListener('abort', done);
        clearTimeout(timer);
        resolve();
      };
      const timer = timeoutMs === undefined ? undefined : setTimeout(done, timeoutMs);
      const unsubscribe = this.subscribe((event) => event.kind === 'changed' && done());
      signal.addEventListener('abort', done, { once: true });
    });
  }

  #reportTrouble(error: SwarmaError): void {
    this.#troubled = true;
    this.#emit({ kind: 'trouble', error });
  }

  #emit(event: SessionEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }
}
