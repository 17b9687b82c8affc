#!/usr/bin/env python3
"""Writes fold_table.cpp from the Unicode data in Python's unicodedata: python3 fold_table.py > fold_table.cpp

Rerun only together with a migration that rebuilds the index: words are stored folded."""
import unicodedata as u

# Marks that readers leave out when they type: accents, Hebrew points, Arabic vowels and tatweel, variation selectors.
# Marks of other scripts (Indic vowels, kana voicing) change the word and stay.
DROPPED = [(0xAD, 0xAD), (0x300, 0x36F), (0x483, 0x487), (0x591, 0x5BD), (0x5BF, 0x5BF), (0x5C1, 0x5C2), (0x5C4, 0x5C5),
           (0x5C7, 0x5C7), (0x610, 0x61A), (0x640, 0x640), (0x64B, 0x65F), (0x670, 0x670), (0x6D6, 0x6DC), (0x6DF, 0x6E8),
           (0x6EA, 0x6ED), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x200B, 0x200F), (0x2060, 0x2060), (0x20D0, 0x20FF),
           (0xFE00, 0xFE0F), (0xFE20, 0xFE2F), (0xFEFF, 0xFEFF)]
# Letters that decompose nowhere but are typed plain.
PLAIN = {'ø': 'o', 'đ': 'd', 'ł': 'l', 'ħ': 'h', 'ı': 'i', 'æ': 'ae', 'œ': 'oe', 'þ': 'th', 'ð': 'd', 'ŧ': 't', 'ŋ': 'n',
         'ĸ': 'k', 'ƒ': 'f'}
# Compatibility forms nobody types: CJK compatibility ideographs, Arabic presentation forms and mathematics.
LEFT_ALONE = [(0xF900, 0xFAFF), (0xFB50, 0xFDFF), (0xFE70, 0xFEFC), (0x1EE00, 0x1EEFF), (0x2F800, 0x2FA1F)]
LAST = 0x10FFFF


def inside(c, ranges):
    return any(a <= c <= b for a, b in ranges)


def is_separator(c):
    return u.category(chr(c))[0] in 'PSZC' and u.category(chr(c)) not in ('Cn', 'Co')


def fold(text):
    for _ in range(2):
        text = u.normalize('NFKD', text).casefold()
    text = ''.join(PLAIN.get(c, c) for c in u.normalize('NFKD', text))
    return ''.join(c for c in text if not inside(ord(c), DROPPED) and not is_separator(ord(c)))


def mappings():
    for c in range(0x80, LAST + 1):
        surrogate_or_hangul = 0xD800 <= c <= 0xDFFF or 0xAC00 <= c <= 0xD7A3
        if surrogate_or_hangul or is_separator(c) or inside(c, LEFT_ALONE) or inside(c, DROPPED):
            continue
        folded = fold(chr(c))
        if folded and folded != chr(c) and len(folded) <= 4:
            yield c, folded


def runs(single):
    """Code points with the same distance to what they fold to, next to each other or every second one."""
    todo = dict(single)
    for c in sorted(single):
        if c not in todo:
            continue
        delta = todo[c] - c

        def length(stride):
            n = 1
            while todo.get(c + n * stride) == c + n * stride + delta and n < 60000:
                n += 1
            return n
        stride = 1 if length(1) >= length(2) else 2
        n = length(stride)
        for i in range(n):
            del todo[c + i * stride]
        yield c, n, stride, delta


def separators():
    """Everything from the first to the last separator that has no word character between; unassigned ones go with either."""
    out = []
    for c in range(0x80, LAST + 1):
        if is_separator(c):
            if out and out[-1][2]:
                out[-1][1] = c
            else:
                out.append([c, c, True])
        elif out and u.category(chr(c)) != 'Cn':
            out[-1][2] = False
    return [(a, b) for a, b, _ in out]


def emit(declaration, items):
    print(f'constexpr {declaration}[] = {{')
    line = '   '
    for item in items:
        if len(line) + len(item) + 2 > 118:
            print(line)
            line = '   '
        line += f' {item},'
    print(line + '\n};\n')


def main():
    single, several = {}, []
    for c, folded in mappings():
        if len(folded) == 1:
            single[c] = ord(folded)
        else:
            several.append((c, folded))
    print('// Made by fold_table.py from Unicode ' + u.unidata_version + '; not edited by hand.\n// clang-format off')
    print('#include "catalog/registry/fold_table.h"\n')
    print('namespace swarma::catalog::registry {\nnamespace {\n')
    emit('CodePoints kDropped', [f'{{0x{a:X}, 0x{b:X}}}' for a, b in DROPPED])
    emit('CodePoints kSeparators', [f'{{0x{a:X}, 0x{b:X}}}' for a, b in separators()])
    emit('FoldRun kRuns', [f'{{0x{c:X}, {n}, {s}, {d}}}' for c, n, s, d in sorted(runs(single))])
    emit('FoldToSeveral kSeveral',
         [f'{{0x{c:X}, U"{"".join(f"{chr(92)}x{ord(x):X}" for x in f)}"}}' for c, f in several])
    print('}  // namespace\n')
    for name, kind in (('dropped', 'CodePoints'), ('separators', 'CodePoints'), ('fold_runs', 'FoldRun'), ('fold_to_several', 'FoldToSeveral')):
        table = {'dropped': 'kDropped', 'separators': 'kSeparators', 'fold_runs': 'kRuns', 'fold_to_several': 'kSeveral'}[name]
        print(f'std::span<const {kind}> {name}() {{ return {table}; }}')
    print('\n}  // namespace swarma::catalog::registry')


main()
