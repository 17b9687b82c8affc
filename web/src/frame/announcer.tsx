// What changes without a click is said to screen readers here, and shown for a moment to everybody else.
import { signal } from '@preact/signals';

const message = signal('');
let timer: ReturnType<typeof setTimeout> | undefined;

/** Says one sentence: politely, once. */
export function announce(text: string): void {
  message.value = text;
  clearTimeout(timer);
  timer = setTimeout(() => (message.value = ''), 5000);
}

export function Announcer() {
  return (
    <div class="announcer" role="status" aria-live="polite" data-shown={message.value !== ''}>
      {message.value}
    </div>
  );
}
