// Two servers of the fediverse for activitypub_test.py, of the npm package @fedify/fedify: one of a creator, one of people who
// like, repost and follow. What they do travels between the two as signed activities, by that package's own code, and is kept by
// the creator's server once it verified them. The test says by /control what people do, and how much a server shows.
import http from 'node:http'
import { buffer, json, text } from 'node:stream/consumers'
import { createFederation, generateCryptoKeyPair, MemoryKvStore } from '@fedify/fedify'
import { Announce, Endpoints, Follow, Like, Note, OrderedCollection, Person, PropertyValue } from '@fedify/vocab'

const { ports } = JSON.parse(await text(process.stdin))

// Of all people, made once: making them takes seconds where many programs run.
const keys = await generateCryptoKeyPair('RSASSA-PKCS1-v1_5')

function makeServer(port) {
  const people = new Map(), posts = new Map()
  const state = { shows: true, closed: false, pageSize: 0 }
  const federation = createFederation({ kv: new MemoryKvStore(), allowPrivateAddress: true, origin: `http://127.0.0.1:${port}` })
  const person = (name) => {
    if (!people.has(name)) people.set(name, { summary: '', fields: [], followers: [], following: [], liked: [], outbox: [] })
    return people.get(name)
  }
  const allowed = async (ctx) => !state.closed || (await ctx.getSignedKeyOwner()) != null
  const listed = (name, list) => (state.shows ? { items: list(person(name)) } : null)

  federation
    .setActorDispatcher('/users/{identifier}', async (ctx, name) => {
      if (name.startsWith('nobody')) return null
      const [pair] = await ctx.getActorKeyPairs(name)
      return new Person({
        id: ctx.getActorUri(name), preferredUsername: name, name, summary: person(name).summary, inbox: ctx.getInboxUri(name), outbox: ctx.getOutboxUri(name),
        followers: ctx.getFollowersUri(name), following: ctx.getFollowingUri(name), liked: ctx.getLikedUri(name),
        endpoints: new Endpoints({ sharedInbox: ctx.getInboxUri() }), publicKey: pair.cryptographicKey,
        attachments: person(name).fields.map((value) => new PropertyValue({ name: 'Swarma', value })),
      })
    })
    .setKeyPairsDispatcher(() => [keys])
    .authorize(allowed)
  federation.setFollowersDispatcher('/users/{identifier}/followers', (_, name) => listed(name, (p) => p.followers))
  federation.setFollowingDispatcher('/users/{identifier}/following', (_, name) => listed(name, (p) => p.following.map((id) => new URL(id))))
  federation.setLikedDispatcher('/users/{identifier}/liked', (_, name) => listed(name, (p) => p.liked.map((id) => new Note({ id: new URL(id) }))))
  federation
    .setOutboxDispatcher('/users/{identifier}/outbox', (_, name, cursor) => {
      if (!state.shows || cursor == null) return null
      const from = Number(cursor)
      return { items: person(name).outbox.slice(from, from + 2), nextCursor: from + 2 < person(name).outbox.length ? String(from + 2) : null }
    })
    .setFirstCursor(() => '0')
  federation.setObjectDispatcher(Note, '/posts/{id}', (ctx, { id }) => {
    const post = posts.get(id)
    const collection = (list) => new OrderedCollection({ totalItems: list.length, items: list })
    return post == null ? null : new Note({
      id: ctx.getObjectUri(Note, { id }), attribution: ctx.getActorUri(post.by), content: 'A film',
      likes: state.shows ? collection(post.likes) : null, shares: state.shows ? collection(post.shares) : null,
    })
  })
  const post = (ctx, id) => posts.get(ctx.parseUri(id)?.values?.id)
  federation
    .setInboxListeners('/users/{identifier}/inbox', '/inbox')
    .on(Follow, async (ctx, follow) => {
      const name = ctx.parseUri(follow.objectId)?.identifier
      const actor = await follow.getActor(ctx)
      if (name) person(name).followers.push({ id: actor.id, inboxId: actor.inboxId })
    })
    .on(Like, async (ctx, like) => post(ctx, like.objectId)?.likes.push(new Like({ id: like.id, actor: like.actorId, object: like.objectId })))
    .on(Announce, async (ctx, boost) => post(ctx, boost.objectId)?.shares.push(boost.actorId))

  const base = new URL(`http://127.0.0.1:${port}`)
  const context = () => federation.createContext(base, undefined)

  /** A person of this server does something to a post or person at an inbox, and this server notes it. */
  async function act({ who, type, target, inbox }) {
    const ctx = context()
    const id = new URL(`/activities/${crypto.randomUUID()}`, base)
    const fields = { id, actor: ctx.getActorUri(who), object: new URL(target) }
    if (type === 'Follow') person(who).following.push(target)
    if (type === 'Like') person(who).liked.push(target)
    const activity = type === 'Follow' ? new Follow(fields) : type === 'Like' ? new Like(fields) : new Announce(fields)
    if (type === 'Announce') person(who).outbox.push(activity)
    if (inbox) await ctx.sendActivity({ identifier: who }, { id: new URL(target), inboxId: new URL(inbox) }, activity, { immediate: true })
  }

  async function control(order) {
    if (order.act) await act(order.act)
    if (order.profile) Object.assign(person(order.profile.who), order.profile.is)
    if (order.posts) for (const id of order.posts) posts.set(id, { by: 'maker', likes: [], shares: [] })
    if (order.is) Object.assign(state, order.is)
    return { posts: Object.fromEntries([...posts].map(([id, { likes, shares }]) => [id, [likes.length, shares.length]])), followers: person('maker').followers.length }
  }

  http.createServer(async (incoming, outgoing) => {
    try {
      if (incoming.url === '/control') {
        outgoing.end(JSON.stringify(await control(await json(incoming))))
        return
      }
      if (incoming.url === '/upload.json') {  // what somebody put there, who would like to be an account
        outgoing.setHeader('Content-Type', 'application/json')
        outgoing.end(JSON.stringify({ id: `${base}upload.json`, type: 'Person', summary: person('fan').summary }))
        return
      }
      const body = ['GET', 'HEAD'].includes(incoming.method) ? undefined : await buffer(incoming)
      const response = await federation.fetch(new Request(new URL(incoming.url, base), { method: incoming.method, headers: incoming.headers, body }), { contextData: undefined })
      outgoing.writeHead(response.status, Object.fromEntries(response.headers))
      outgoing.end(Buffer.from(await response.arrayBuffer()))
    } catch (error) {
      console.error(error)
      outgoing.writeHead(500).end()
    }
  }).listen(port, '127.0.0.1')
}

for (const port of ports) makeServer(port)
console.log('ready')
