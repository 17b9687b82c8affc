// The creator's side: a token bound to this browser's key, uploads, publishing jobs, titles.
import { SwarmaError } from './errors.ts';
import type { Http } from './http.ts';
import { parseJson } from './jose.ts';
import type { PersonKey, PersonKeys } from './keys.ts';
import { backoff, pauseFor } from './retry.ts';
import { makeSignedStack, type SignedStack } from './signed-stack.ts';
import { type Vault, vaultKey } from './store.ts';
import type {
  GivenPass,
  MediaCheck,
  MediaCheckRequest,
  MediaJob,
  PassOrder,
  Policy,
  PolicyExplanation,
  PolicyFacts,
  PublishRequest,
  ReviseRequest,
  StudioTitle,
  UnlockCounts,
} from './wire.ts';

interface Pass {
  token: string;
  expires_at: number;
}

const kPass = vaultKey<Pass>('creator');

export class Creator {
  readonly #http: Http;
  readonly #vault: Vault;
  readonly #keys: PersonKeys;

  constructor(http: Http, vault: Vault, keys: PersonKeys) {
    this.#http = http;
    this.#vault = vault;
    this.#keys = keys;
  }

  /** Exchanges a one-time link for a token that only this browser can use. */
  async redeemLink(secret: string): Promise<void> {
    const pass = await this.#http.call<Pass>('/v1/links/redeem', { body: { link: secret }, key: await this.#key() });
    await this.#vault.put(kPass, { token: pass.token, expires_at: pass.expires_at });
  }

  async isSignedIn(): Promise<boolean> {
    return (await this.#pass()) !== undefined;
  }

  async signOut(): Promise<void> {
    await this.#vault.delete(kPass);
    await this.#keys.forget('studio');
  }

  async titles(signal?: AbortSignal): Promise<StudioTitle[]> {
    return (await this.#call<{ titles: StudioTitle[] }>('/v1/studio/titles', { signal })).titles;
  }

  async jobs(signal?: AbortSignal): Promise<MediaJob[]> {
    return (await this.#call<{ jobs: MediaJob[] }>('/v1/media', { signal })).jobs;
  }

  job(mediaId: string): Promise<MediaJob> {
    return this.#call<MediaJob>(`/v1/media/${encodeURIComponent(mediaId)}`);
  }

  /** Starts publishing an uploaded film. Calling it again with the same `intent` starts nothing new. */
  publish(request: PublishRequest, intent: string): Promise<{ media_id: string }> {
    return this.#call('/v1/media', { body: request, idempotencyKey: intent });
  }

  /** Checks an upload for publishing, also while it is still arriving (`upload_incomplete`: too little has arrived). */
  check(request: MediaCheckRequest): Promise<MediaCheck> {
    return this.#call('/v1/media/check', { body: request });
  }

  /**
   * Terms that are being written: what is wrong with them, what they say, and what a viewer about whom `facts` are
   * known would meet. The node decides, as it does for viewers.
   */
  explainPolicy(policy: Policy, facts: PolicyFacts = {}, signal?: AbortSignal): Promise<PolicyExplanation> {
    return this.#call('/v1/policies/explain', { body: { policy, facts }, signal });
  }

  /** How often a title was unlocked, by way and day. */
  unlocks(titleId: string, signal?: AbortSignal): Promise<UnlockCounts> {
    return this.#call(`/v1/studio/titles/${encodeURIComponent(titleId)}/unlocks`, { signal });
  }

  /** The passes that were given, newest first; `before` is `next` of the page before. */
  passes(before?: string, signal?: AbortSignal): Promise<{ passes: GivenPass[]; next?: string }> {
    const query = before ? `?${new URLSearchParams({ before })}` : '';
    return this.#call(`/v1/passes${query}`, { signal });
  }

  async givePass(order: PassOrder): Promise<void> {
    await this.#call('/v1/passes', { body: order });
  }

  async revokePass(passId: string): Promise<void> {
    await this.#call('/v1/passes/revoke', { body: { pass_id: passId } });
  }

  async cancelJob(mediaId: string): Promise<void> {
    await this.#call(`/v1/media/${encodeURIComponent(mediaId)}`, { method: 'DELETE' });
  }

  async unpublish(titleId: string): Promise<void> {
    await this.#call(`/v1/titles/${encodeURIComponent(titleId)}`, { method: 'DELETE' });
  }

  revise(titleId: string, change: ReviseRequest): Promise<{ revision: number }> {
    return this.#call(`/v1/titles/${encodeURIComponent(titleId)}/revise`, { body: change });
  }

  /** Follows a job until it ends, and reconnects when the connection breaks. */
  async followJob(mediaId: string, onUpdate: (job: MediaJob) => void, signal: AbortSignal): Promise<MediaJob> {
    for (let failures = 0; ; failures++) {
      try {
        const last = await this.#readEvents(`/v1/media/${encodeURIComponent(mediaId)}/events`, onUpdate, signal);
        if (last) return last;
      } catch (error) {
        if (!(error instanceof SwarmaError) || error.reason !== 'unreachable') throw error;
      }
      await pauseFor(backoff(failures, 0.5, 8), signal);
    }
  }

  /**
   * The HTTP stack for tus-js-client. Chunks are not repeated: the node may have them, so tus asks where the upload
   * stands.
   */
  signedStack(): SignedStack {
    const again = ['use_dpop_nonce'];
    return makeSignedStack(async (request) => this.#http.exchange({ ...request, ...(await this.#signature()), again }));
  }

  async #readEvents(
    path: string,
    onUpdate: (job: MediaJob) => void,
    signal: AbortSignal,
  ): Promise<MediaJob | undefined> {
    const response = await this.#http.send(path, { ...(await this.#signature()), signal });
    if (!response.body) return undefined;
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    for (;;) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        throw new SwarmaError(signal.aborted ? 'aborted' : 'unreachable', 'The node stopped answering.', { cause });
      });
      if (done) return undefined;
      text += value;
      const events = text.split('\n\n');
      text = events.pop() ?? '';
      for (const event of events) {
        const data = /^data: ?(.*)$/m.exec(event)?.[1];
        if (data === undefined) continue;
        const job = parseJson(data) as MediaJob;
        onUpdate(job);
        if (job.state !== 'queued' && job.state !== 'working') {
          await reader.cancel();
          return job;
        }
      }
    }
  }

  async #call<T>(
    path: string,
    options: { method?: 'DELETE'; body?: unknown; signal?: AbortSignal | undefined; idempotencyKey?: string } = {},
  ): Promise<T> {
    const signature = await this.#signature();
    try {
      return await this.#http.call<T>(path, { ...options, ...signature });
    } catch (error) {
      if (error instanceof SwarmaError && error.status === 401 && error.reason !== 'use_dpop_nonce')
        await this.#vault.delete(kPass);
      throw error;
    }
  }

  async #pass(): Promise<Pass | undefined> {
    const pass = await this.#vault.get(kPass);
    return pass && pass.expires_at > this.#http.now() ? pass : undefined;
  }

  async #signature(): Promise<{ token: string; key: PersonKey }> {
    const pass = await this.#pass();
    if (!pass) throw new SwarmaError('not_signed_in', 'This browser is not signed in to the studio.', { status: 401 });
    return { token: pass.token, key: await this.#key() };
  }

  #key(): Promise<PersonKey> {
    return this.#keys.get('studio', this.#http.now());
  }
}
