// OpenID providers for oauth_test.py, of the npm package oidc-provider, with its own pages to sign in and consent; the test
// says what they are in a JSON object on standard input. Beside each: an API that says what an account likes, asked with its
// access token, and /control, by which the test rotates keys, lets accounts like things, and puts a liar between provider and
// node, who signs other ID tokens with the provider's own key.
import { createHash } from 'node:crypto'
import { text } from 'node:stream/consumers'
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT, decodeJwt } from 'jose'
import Provider from 'oidc-provider'

const { providers } = JSON.parse(await text(process.stdin))

async function makeKey(alg, kid) {
  const { privateKey } = await generateKeyPair(alg, { extractable: true })
  return { jwk: { ...(await exportJWK(privateKey)), kid, alg, use: 'sig' }, privateKey }
}

const publicPart = ({ kty, n, e, crv, x, y, kid, alg, use }) => JSON.parse(JSON.stringify({ kty, n, e, crv, x, y, kid, alg, use }))

/** What the liar makes of a token's claims and its access token. */
const lies = {
  issuer: (claims) => ({ ...claims, iss: 'https://other.example' }),
  audience: (claims) => ({ ...claims, aud: 'somebody-else' }),
  audiences: (claims) => ({ ...claims, aud: [claims.aud, 'somebody-else'] }),
  party: (claims) => ({ ...claims, azp: 'somebody-else' }),
  expired: (claims) => ({ ...claims, iat: claims.iat - 500, exp: claims.iat - 120 }),
  old: (claims) => ({ ...claims, iat: claims.iat - 3600 }),
  future: (claims) => ({ ...claims, iat: claims.iat + 3600, exp: claims.iat + 7200 }),
  nonce: (claims) => ({ ...claims, nonce: 'x'.repeat(43) }),
  no_nonce: ({ nonce, ...claims }) => claims,
  no_subject: ({ sub, ...claims }) => claims,
  access_token: (claims) => ({ ...claims, at_hash: createHash('sha256').update('another').digest().subarray(0, 16).toString('base64url') }),
}

async function serve({ port, client, redirects, alg }) {
  const key = await makeKey(alg, 'first'), stranger = await makeKey(alg, 'first'), next = await makeKey(alg, 'next')
  const state = { lie: null, rotated: false, keyFetches: 0, likes: new Set() }
  const provider = new Provider(`http://127.0.0.1:${port}`, {
    clients: [{ ...client, redirect_uris: redirects, response_types: ['code'], grant_types: ['authorization_code'], id_token_signed_response_alg: alg }],
    jwks: { keys: [key.jwk] },
    cookies: { keys: ['only for tests'] },
    pkce: { required: () => true },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  })

  async function rewritten(token, lie) {
    const claims = decodeJwt(token)
    if (lie === 'none') return new UnsecuredJWT(claims).encode()
    if (lie === 'secret') return new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: 'first' }).sign(new TextEncoder().encode(JSON.stringify(publicPart(key.jwk))))
    if (lie === 'signature') return new SignJWT(claims).setProtectedHeader({ alg, kid: 'first' }).sign(stranger.privateKey)
    if (lie === 'critical') return new SignJWT(claims).setProtectedHeader({ alg, kid: 'first', crit: ['b64'], b64: true }).sign(key.privateKey)
    const signer = state.rotated ? next : key
    return new SignJWT(lie ? lies[lie](claims) : claims).setProtectedHeader({ alg, kid: signer.jwk.kid }).sign(signer.privateKey)
  }

  provider.use(async (ctx, go) => {
    if (ctx.path === '/control') {
      const order = JSON.parse(await text(ctx.req))
      for (const [account, target] of order.likes ?? []) state.likes.add(`${account} ${target}`)
      if ('lie' in order) state.lie = order.lie
      if ('rotated' in order) state.rotated = order.rotated
      ctx.body = { keyFetches: state.keyFetches }
      return
    }
    if (ctx.path === '/api/likes') {
      const token = await provider.AccessToken.find((ctx.get('authorization') || '').replace(/^Bearer /, ''))
      if (!token) ctx.status = 401
      else ctx.body = { liked: state.likes.has(`${token.accountId} ${ctx.query.of}`) }
      return
    }
    await go()
    if (ctx.path === '/jwks') {
      state.keyFetches += 1
      if (state.rotated) ctx.body = { keys: [publicPart(next.jwk)] }
    }
    if (ctx.path === '/token' && ctx.status === 200 && (state.lie || state.rotated)) ctx.body = { ...ctx.body, id_token: await rewritten(ctx.body.id_token, state.lie) }
  })
  await new Promise((resolve) => provider.listen(port, '127.0.0.1', resolve))
}

for (const one of providers) await serve(one)
console.log('ready')
