// Terms that a creator writes by hand: a policy as JSON, and lists of codes.
import type { Codes, Policy } from '@swarma/client';

const kDeepest = 8; // nested allOf and anyOf: the node's own limit
export const kMinCodeLength = 4;

/** Reads terms written as JSON as far as these pages need them; the node checks the rest. */
export function parsePolicy(json: string): Policy {
  const value: unknown = JSON.parse(json);
  if (!isObject(value) || !Array.isArray(value['paths'])) throw new Error('"paths"');
  value['paths'].forEach((path: unknown, i) => {
    const place = `/paths/${i}`;
    if (!isObject(path) || typeof path['id'] !== 'string') throw new Error(`${place} "id"`);
    if (path['grants'] !== undefined && !isObject(path['grants'])) throw new Error(`${place} "grants"`);
    if (path['requires'] !== undefined) expectRequirement(path['requires'], `${place}/requires`);
  });
  return value as unknown as Policy;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function expectRequirement(value: unknown, place: string, depth = 0): void {
  if (!isObject(value) || depth > kDeepest) throw new Error(place);
  const children = value['allOf'] ?? value['anyOf'];
  if (Array.isArray(children)) children.forEach((child, i) => expectRequirement(child, `${place}/${i}`, depth + 1));
  else if (typeof value['requirement'] !== 'string' || ('params' in value && !isObject(value['params'])))
    throw new Error(`${place} "requirement"`);
}

/**
 * "POPCORN, 3" is a code for three viewers, one a line; without a number it has no limit. `tooShort` is a code that no
 * node takes.
 */
export function readCodes(texts: Record<string, string>): { codes: Codes; tooShort?: string } {
  const written = Object.entries(texts).map(([list, text]) => [list, text.split('\n').flatMap(codeOf)] as const);
  const codes = Object.fromEntries(written.filter(([, of]) => of.length > 0));
  const short = Object.values(codes)
    .flat()
    .find(({ code }) => code.length < kMinCodeLength);
  return short ? { codes, tooShort: short.code } : { codes };
}

function codeOf(line: string): Codes[string] {
  const [, code = '', uses] = /^(.*?)(?:[,;،]\s*(\d+))?$/.exec(line.trim()) ?? [];
  const trimmed = code.trim();
  return trimmed === '' ? [] : [{ code: trimmed, max_uses: Number(uses ?? 0) }];
}
