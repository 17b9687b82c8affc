// Somebody on Nostr, by nostr-tools. Reads a JSON request a line, answers with a JSON line.
//
// {"do":"key"} → {"secret","public"}; {"do":"sign","secret","event"} → the signed event; {"do":"publish","relay","event"} → {"ok":true}
import readline from 'node:readline'
import { finalizeEvent, generateSecretKey, getPublicKey } from 'nostr-tools/pure'
import { Relay, useWebSocketImplementation } from 'nostr-tools/relay'
import { neventEncode, npubEncode } from 'nostr-tools/nip19'
import WebSocket from 'ws'

useWebSocketImplementation(WebSocket)

const bytes = (hex) => Uint8Array.from(Buffer.from(hex, 'hex'))
const now = () => Math.floor(Date.now() / 1000)

const doings = {
  key() {
    const secret = generateSecretKey()
    return { secret: Buffer.from(secret).toString('hex'), public: getPublicKey(secret), npub: npubEncode(getPublicKey(secret)) }
  },
  sign: ({ secret, event }) => finalizeEvent({ created_at: now(), tags: [], content: '', ...event }, bytes(secret)),
  nevent: ({ id, author }) => ({ text: neventEncode({ id, author, relays: ['wss://relay.example'] }) }),
  async publish({ relay, event }) {
    const connection = await Relay.connect(relay)
    await connection.publish(event)
    connection.close()
    return { ok: true }
  },
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  const request = JSON.parse(line)
  try {
    console.log(JSON.stringify(await doings[request.do](request)))
  } catch (error) {
    console.log(JSON.stringify({ error: String(error) }))
  }
}
