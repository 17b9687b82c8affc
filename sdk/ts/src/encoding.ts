// Bytes and text: base64url, hex, base32, base58btc, UTF-8 and canonical JSON (RFC 8785). Decoders accept the one
// canonical spelling only and throw SwarmaError("answer_bad") otherwise.
import { SwarmaError } from './errors.ts';

/** Bytes that own an ordinary ArrayBuffer, as WebCrypto wants them. */
export type Bytes = Uint8Array<ArrayBuffer>;

const utf8Encoder = new TextEncoder();
const utf8Decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function utf8(text: string): Bytes {
  return utf8Encoder.encode(text);
}

export function fromUtf8(bytes: Uint8Array): string {
  try {
    return utf8Decoder.decode(bytes);
  } catch (cause) {
    throw new SwarmaError('answer_bad', 'The text is not valid UTF-8.', { cause });
  }
}

export function concat(...parts: Uint8Array[]): Bytes {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

export function toBase64url(bytes: Uint8Array): string {
  let binary = '';
  for (let i = 0; i < bytes.length; i += 0x8000) binary += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

export function fromBase64url(text: string): Bytes {
  if (/^[A-Za-z0-9_-]*$/.test(text) && text.length % 4 !== 1) {
    const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
    const out = Uint8Array.from(binary, (c) => c.charCodeAt(0));
    if (toBase64url(out) === text) return out;
  }
  throw new SwarmaError('answer_bad', 'A value is not canonical base64url.');
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
}

const kBase32 = 'abcdefghijklmnopqrstuvwxyz234567';

/** Lower-case RFC 4648 base32 without padding: title ids. */
export function toBase32(bytes: Uint8Array): string {
  let out = '';
  let buffer = 0;
  let bits = 0;
  for (const byte of bytes) {
    buffer = (buffer << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      out += kBase32[(buffer >> bits) & 31];
    }
    buffer &= (1 << bits) - 1;
  }
  return bits > 0 ? out + kBase32[(buffer << (5 - bits)) & 31] : out;
}

export function fromBase32(text: string): Bytes {
  const out: number[] = [];
  let buffer = 0;
  let bits = 0;
  for (const c of text) {
    const value = kBase32.indexOf(c);
    if (value < 0) throw new SwarmaError('answer_bad', 'A value is not base32.');
    buffer = (buffer << 5) | value;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      out.push((buffer >> bits) & 255);
    }
    buffer &= (1 << bits) - 1;
  }
  const bytes = Uint8Array.from(out);
  if (toBase32(bytes) !== text) throw new SwarmaError('answer_bad', 'A value is not canonical base32.');
  return bytes;
}

const kBase58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

/** base58btc of at most 128 characters: did:key. */
export function fromBase58(text: string): Bytes {
  if (text.length > 128) throw new SwarmaError('answer_bad', 'A base58 value is too long.');
  let value = 0n;
  for (const c of text) {
    const digit = kBase58.indexOf(c);
    if (digit < 0) throw new SwarmaError('answer_bad', 'A value is not base58.');
    value = value * 58n + BigInt(digit);
  }
  const out: number[] = [];
  for (; value > 0n; value >>= 8n) out.unshift(Number(value & 255n));
  for (let i = 0; text[i] === '1'; i++) out.unshift(0);
  return Uint8Array.from(out);
}

/**
 * RFC 8785. Object keys sort by UTF-16 code units, which is what Array.sort does; numbers print as ECMAScript prints
 * them.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new SwarmaError('answer_bad', 'A number has no canonical form.');
    return JSON.stringify(value);
  }
  if (typeof value === 'string') {
    if (!value.isWellFormed()) throw new SwarmaError('answer_bad', 'A text holds half a character.');
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object') {
    const entries = Object.entries(value).filter(([, v]) => v !== undefined);
    entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return `{${entries.map(([k, v]) => `${canonicalJson(k)}:${canonicalJson(v)}`).join(',')}}`;
  }
  throw new SwarmaError('answer_bad', 'A value has no canonical form.');
}

/** WebCrypto, or the reason why there is none. */
export function subtle(): SubtleCrypto {
  const found = globalThis.crypto?.subtle as SubtleCrypto | undefined;
  if (!found) throw new SwarmaError('insecure_context', 'This page needs https (or localhost) for its cryptography.');
  return found;
}

export async function sha256(bytes: Uint8Array): Promise<Bytes> {
  return new Uint8Array(await subtle().digest('SHA-256', bytes as Bytes));
}
