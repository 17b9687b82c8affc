// A wallet in the browser: an EVM provider (EIP-1193, found as EIP-6963 has it or at window.ethereum), or a Nostr
// extension (NIP-07). Both belong to extensions, so everything they say is foreign.
import { SwarmaError } from '@swarma/client';

interface EvmProvider {
  request(call: { method: string; params?: unknown }): Promise<unknown>;
}

interface NostrProvider {
  signEvent(event: Record<string, unknown>): Promise<unknown>;
}

declare global {
  interface Window {
    ethereum?: EvmProvider;
    nostr?: NostrProvider;
  }
}

let announced: EvmProvider | undefined;
if (typeof window !== 'undefined') {
  window.addEventListener('eip6963:announceProvider', (event) => {
    const { detail } = event as CustomEvent<{ provider?: EvmProvider }>;
    announced ??= detail.provider;
  });
  window.dispatchEvent(new Event('eip6963:requestProvider'));
}

export const evmProvider = (): EvmProvider | undefined => window.ethereum ?? announced;
export const nostrProvider = (): NostrProvider | undefined => window.nostr;

export class EvmWallet {
  readonly #provider: EvmProvider;
  readonly account: string;

  private constructor(provider: EvmProvider, account: string) {
    this.#provider = provider;
    this.account = account;
  }

  /** Asks for an account, on this chain. */
  static async connect(chainId: number): Promise<EvmWallet> {
    const provider = evmProvider();
    if (!provider) throw new SwarmaError('wallet_missing', 'There is no wallet in this browser.');
    const accounts = await ask(provider, 'eth_requestAccounts', []);
    const account: unknown = Array.isArray(accounts) ? accounts[0] : undefined;
    if (typeof account !== 'string' || !/^0x[0-9a-fA-F]{40}$/.test(account))
      throw new SwarmaError('wallet_refused', 'The wallet named no account.');
    const chain = `0x${chainId.toString(16)}`;
    if ((await ask(provider, 'eth_chainId', [])) !== chain)
      await ask(provider, 'wallet_switchEthereumChain', [{ chainId: chain }]);
    return new EvmWallet(provider, account);
  }

  /** Sends a transaction and resolves with its hash. It is paid for from here on. */
  async send(transaction: { to: string; value?: string; data?: string }): Promise<string> {
    const hash = await ask(this.#provider, 'eth_sendTransaction', [{ from: this.account, ...transaction }]);
    if (typeof hash !== 'string' || !/^0x[0-9a-fA-F]{64}$/.test(hash))
      throw new SwarmaError('wallet_refused', 'The wallet named no transaction.');
    return hash;
  }

  /** Signs typed data (EIP-712). */
  async sign(typedData: unknown): Promise<string> {
    const signature = await ask(this.#provider, 'eth_signTypedData_v4', [this.account, JSON.stringify(typedData)]);
    if (typeof signature !== 'string' || !/^0x[0-9a-fA-F]+$/.test(signature))
      throw new SwarmaError('wallet_refused', 'The wallet signed nothing.');
    return signature;
  }
}

/** Signs an event with the extension. */
export async function signNostrEvent(event: Record<string, unknown>): Promise<unknown> {
  const provider = nostrProvider();
  if (!provider) throw new SwarmaError('wallet_missing', 'There is no Nostr extension in this browser.');
  return refusable(provider.signEvent(event));
}

function ask(provider: EvmProvider, method: string, params: unknown[]): Promise<unknown> {
  return refusable(provider.request({ method, params }));
}

async function refusable<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    throw new SwarmaError('wallet_refused', 'The wallet refused.', { cause });
  }
}

/** `transfer(address,uint256)` of ERC-20, as a call of the token's contract. */
export function transferData(payee: string, amount: string): string {
  const word = (hex: string) => hex.padStart(64, '0');
  return `0xa9059cbb${word(payee.slice(2).toLowerCase())}${word(BigInt(amount).toString(16))}`;
}

export const hexQuantity = (decimal: string): string => `0x${BigInt(decimal).toString(16)}`;
