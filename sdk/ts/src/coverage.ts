// Which slots of which key group are open, and until when. The keys themselves are in the worker.

interface Span {
  begin: number;
  end: number;
  expiresAt: number;
}

export class Coverage {
  readonly #spans = new Map<string, Span[]>();

  add(group: string, slots: readonly [number, number], expiresAt: number): void {
    this.#spans.set(group, [...(this.#spans.get(group) ?? []), { begin: slots[0], end: slots[1], expiresAt }]);
  }

  dropExpired(now: number): void {
    for (const [group, spans] of this.#spans)
      this.#spans.set(
        group,
        spans.filter((span) => span.expiresAt > now),
      );
  }

  covers(group: string, slot: number, now: number): boolean {
    return (this.#spans.get(group) ?? []).some((span) => span.expiresAt > now && slot >= span.begin && slot < span.end);
  }

  /** Open ranges of a group, merged, in order. */
  ranges(group: string, now: number): [number, number][] {
    const live = (this.#spans.get(group) ?? [])
      .filter((span) => span.expiresAt > now)
      .sort((a, b) => a.begin - b.begin);
    const merged: [number, number][] = [];
    for (const { begin, end } of live) {
      const last = merged.at(-1);
      if (last && begin <= last[1]) last[1] = Math.max(last[1], end);
      else merged.push([begin, end]);
    }
    return merged;
  }
}
