// A mail server (Nodemailer's smtp-server) that keeps what it gets.
import { SMTPServer } from 'smtp-server';

export class Mailbox {
  mails = [];

  static async start() {
    const box = new Mailbox();
    box.server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS', 'AUTH'],
      onData: (stream, session, done) => {
        const pieces = [];
        stream.on('data', (piece) => pieces.push(piece));
        stream.on('end', () => {
          box.mails.push({ to: session.envelope.rcptTo.map(({ address }) => address), text: textOf(Buffer.concat(pieces).toString()) });
          done();
        });
      },
    });
    await new Promise((resolve) => box.server.listen(0, '127.0.0.1', resolve));
    box.options = ['--smtp-url', `smtp://127.0.0.1:${box.server.server.address().port}`, '--smtp-from', 'films@node.example', '--smtp-tls', 'off'];
    return box;
  }

  /** The code and the link of the newest mail. */
  async newest(count) {
    while (this.mails.length < count) await new Promise((resolve) => setTimeout(resolve, 100));
    const { text } = this.mails.at(-1);
    return { code: /\b(\d{4}[ -]?\d{4})\b/.exec(text)?.[1], link: /https?:\/\/\S+\/v1\/actions\/return\S+/.exec(text)?.[0] };
  }

  close() {
    return new Promise((resolve) => this.server.close(resolve));
  }
}

/** The text of a mail whose parts travel as they are, as quoted-printable or as base64. */
function textOf(raw) {
  const [, head = '', body = ''] = /^([\s\S]*?)\r?\n\r?\n([\s\S]*)$/.exec(raw) ?? [];
  if (/^content-transfer-encoding:\s*base64/im.test(head)) return Buffer.from(body, 'base64').toString();
  if (!/^content-transfer-encoding:\s*quoted-printable/im.test(head)) return body;
  const bytes = body.replace(/=\r?\n/g, '').replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString();
}
