// The npm package ws as client of our server and as server of our client.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import readline from 'node:readline'
import { after, before, test } from 'node:test'
import WebSocket, { WebSocketServer } from 'ws'

const limit = { timeout: 20_000 }
let peer, lines, url

before(async () => {
  peer = spawn(process.env.SWARMA_WS_PEER, { stdio: ['pipe', 'pipe', 'inherit'] })
  lines = readline.createInterface({ input: peer.stdout })[Symbol.asyncIterator]()
  url = (await lines.next()).value.replace('http', 'ws')
})

after(async () => {
  peer.stdin.end()
  const [code] = await once(peer, 'exit')
  assert.equal(code, 0)
})

/** A connection to our server, and its messages one by one. */
async function open(...protocols) {
  const socket = new WebSocket(`${url}/echo`, protocols, { perMessageDeflate: true })
  await once(socket, 'open')
  return socket
}

/** Sends and waits for what comes back. */
async function echoed(socket, data) {
  socket.send(data)
  const [back, isBinary] = await once(socket, 'message')
  assert.equal(isBinary, typeof data !== 'string')
  return isBinary ? back : back.toString()
}

const samples = ['', 'grüß Gott €', 'x'.repeat(125), 'x'.repeat(126), 'x'.repeat(65535), 'x'.repeat(65536), 'x'.repeat(1 << 20)]

test('our server sends back what it is sent', limit, async () => {
  const socket = await open()
  assert.equal(socket.extensions, '')
  for (const text of samples) assert.equal(await echoed(socket, text), text)
  const bytes = Buffer.alloc(100_000, 0xff)
  assert.deepEqual(await echoed(socket, bytes), bytes)
  for (const piece of ['in ', 'three ']) socket.send(piece, { fin: false })
  socket.ping('in between')
  socket.send('pieces', { fin: true })
  const [[pong], [whole]] = await Promise.all([once(socket, 'pong'), once(socket, 'message')])
  assert.equal(pong.toString(), 'in between')
  assert.equal(whole.toString(), 'in three pieces')
  socket.close(1000, 'thanks')
  const [code, reason] = await once(socket, 'close')
  assert.deepEqual([code, reason.toString()], [1000, 'thanks'])
  assert.equal((await lines.next()).value, 'closed 1000 thanks')
})

test('our server closes, and speaks a subprotocol', limit, async () => {
  const socket = new WebSocket(`${url}/echo`, ['other', 'swarma.test'])
  const [first] = await once(socket, 'message')
  assert.equal(first.toString(), 'speaking swarma.test')
  assert.equal(socket.protocol, 'swarma.test')
  socket.send('close')
  const [code, reason] = await once(socket, 'close')
  assert.deepEqual([code, reason.toString()], [4321, 'as you wish'])
  assert.equal((await lines.next()).value, 'closed 4321 as you wish')
})

test('our server refuses a message that is too large', limit, async () => {
  const socket = await open()
  socket.on('error', () => {})
  socket.send('x'.repeat((1 << 20) + 1))
  const [code] = await once(socket, 'close')
  assert.equal(code, 1009)
  assert.match((await lines.next()).value, /^closed 1009/)
})

test('our client talks to a server of ws', limit, async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: true })
  await once(server, 'listening')
  const connected = once(server, 'connection')
  peer.stdin.write(`ws://127.0.0.1:${server.address().port}/anything?x=y\n`)
  const [socket, request] = await connected
  assert.equal(request.url, '/anything?x=y')
  const [hello] = await once(socket, 'message')
  assert.equal(hello.toString(), 'speaking swarma.test')
  for (const text of samples) assert.equal(await echoed(socket, text), text)
  for (const piece of ['in ', 'three ']) socket.send(piece, { fin: false })
  socket.ping('in between')
  socket.send('pieces', { fin: true })
  const [[pong], [whole]] = await Promise.all([once(socket, 'pong'), once(socket, 'message')])
  assert.equal(pong.toString(), 'in between')
  assert.equal(whole.toString(), 'in three pieces')
  socket.close(4000, 'enough')
  const [code] = await once(socket, 'close')
  assert.equal(code, 4000)
  assert.equal((await lines.next()).value, 'closed 4000 enough')
  server.close()
})

test('our client notices that the other end breaks the rules', limit, async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(server, 'listening')
  const connected = once(server, 'connection')
  peer.stdin.write(`ws://127.0.0.1:${server.address().port}/\n`)
  const [socket] = await connected
  socket._socket.write(Buffer.from([0x81, 0x02, 0xc3, 0x28]))  // text that is not UTF-8
  const [code] = await once(socket, 'close')
  assert.equal(code, 1007)
  assert.match((await lines.next()).value, /^closed 1007/)
  server.close()
})
