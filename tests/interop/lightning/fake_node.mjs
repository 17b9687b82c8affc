// A FAKE Lightning node: it speaks like LND and like Core Lightning's clnrest, makes right invoices (npm bolt11), and believes whoever
// says that one was paid. No payment moves anywhere. Arguments: certificate, key, macaroon (hex), rune.
//
// For the test: POST /fake/pay {invoice} → {preimage}; /fake/cancel {invoice}; /fake/mood {mood}: "" | "silent" | "cheap" | "stranger".
import crypto from 'node:crypto'
import fs from 'node:fs'
import https from 'node:https'
import bolt11 from 'bolt11'

const [certificate, key, macaroon, rune] = process.argv.slice(2)
const node = { key: crypto.randomBytes(32), stranger: crypto.randomBytes(32) }
const invoices = new Map() // by payment hash
let mood = ''

function makeInvoice(msat, text, seconds) {
  const preimage = crypto.randomBytes(32)
  const hash = crypto.createHash('sha256').update(preimage).digest('hex')
  const unsigned = bolt11.encode({
    network: { bech32: 'bcrt', pubKeyHash: 0x6f, scriptHash: 0xc4, validWitnessVersions: [0, 1] },
    millisatoshis: String(mood === 'cheap' ? msat - 1000 : msat),
    timestamp: Math.floor(Date.now() / 1000),
    tags: [
      { tagName: 'payment_hash', data: hash },
      { tagName: 'payment_secret', data: crypto.randomBytes(32).toString('hex') },
      { tagName: 'description', data: text },
      { tagName: 'expire_time', data: seconds },
    ],
  })
  const signed = bolt11.sign(unsigned, mood === 'stranger' ? node.stranger : node.key)
  const invoice = { text: signed.paymentRequest, payee: signed.payeeNodeKey, hash, preimage, state: 'open' }
  invoices.set(hash, invoice)
  return invoice
}

const find = (text) => [...invoices.values()].find((invoice) => invoice.text === text)

function answer(path, headers, body) {
  if (path === '/fake/pay') return [200, { preimage: Object.assign(find(body.invoice), { state: 'paid' }).preimage.toString('hex') }]
  if (path === '/fake/cancel') return [200, (find(body.invoice).state = 'gone') && {}]
  if (path === '/fake/mood') return [200, (mood = body.mood) || {}]
  if (headers['grpc-metadata-macaroon'] === macaroon && path === '/v1/invoices') {
    const invoice = makeInvoice(Number(body.value_msat), body.memo, Number(body.expiry))
    return [200, { r_hash: Buffer.from(invoice.hash, 'hex').toString('base64'), payment_request: invoice.text, add_index: '1' }]
  }
  if (headers['grpc-metadata-macaroon'] === macaroon && path.startsWith('/v1/invoice/')) {
    const invoice = invoices.get(path.slice('/v1/invoice/'.length))
    if (!invoice) return [404, { code: 5, message: 'there are no existing invoices', details: [] }]
    return [200, { state: { open: 'OPEN', paid: 'SETTLED', gone: 'CANCELED' }[invoice.state], payment_request: invoice.text }]
  }
  if (headers.rune === rune && path === '/v1/invoice') {
    const invoice = makeInvoice(body.amount_msat, body.description, body.expiry)
    return [201, { bolt11: invoice.text, payment_hash: invoice.hash, expires_at: 0 }]
  }
  if (headers.rune === rune && path === '/v1/listinvoices') {
    const invoice = invoices.get(body.payment_hash)
    return [201, { invoices: invoice ? [{ status: { open: 'unpaid', paid: 'paid', gone: 'expired' }[invoice.state], bolt11: invoice.text }] : [] }]
  }
  return [401, { message: 'not allowed' }]
}

const server = https.createServer({ cert: fs.readFileSync(certificate), key: fs.readFileSync(key) }, async (request, response) => {
  let text = ''
  for await (const piece of request) text += piece
  if (mood === 'silent' && !request.url.startsWith('/fake')) return
  const [status, json] = answer(request.url, request.headers, text ? JSON.parse(text) : {})
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json))
})
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port, payee: publicKey(node.key) })))

function publicKey(secret) {
  const curve = crypto.createECDH('secp256k1')
  curve.setPrivateKey(secret)
  return curve.getPublicKey('hex', 'compressed')
}
