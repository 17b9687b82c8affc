// Announces changes that the reader did not cause: to screen readers, and for a moment on the screen.
import { signal } from '@preact/signals';

const message = signal('');
let timer: ReturnType<typeof setTimeout> | undefined;

/** Announces one sentence, once, without interrupting. */
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
