// The invented WeChat behind the gateway: people, rooms, and what each of them really got from the bot.
import { randomBytes } from 'node:crypto'

const word = n => randomBytes(n).toString('hex')

export class World {
  constructor ({ rooms = 160, people = 12 } = {}) {
    this.size = { people, rooms }
    this.messages = new Map() // id -> payload, with what belongs to it
    this.invitations = new Map()
    this.friendships = new Map()
    this.serial = 0
    this.settle()
  }

  /** Everything as on the first day; only what was said stays. */
  settle () {
    const { people, rooms } = this.size
    this.echo = true // a real account sees its own messages too
    this.bot = { key: 'bot', id: 'wxid_gege', name: '格格', friend: true }
    this.people = Array.from({ length: people }, (_, i) => (
      { key: `p${i}`, id: `wxid_p${i}`, name: `居民${i + 1}`, friend: true }
    ))
    this.rooms = []
    for (let i = 0; i < rooms; i++) this.addRoom(`第${i + 1}网格居民群`)
    this.got = new Map() // conversation id -> what it got
    this.log = [] // the same in the order of its coming: [conversation id, text, whether it is a picture]
    this.sent = 0
  }

  addRoom (topic, members = [this.bot, ...this.people].map(p => p.id)) {
    const room = { id: `${20000 + this.rooms.length}@chatroom`, topic, members, aliases: {} }
    this.rooms.push(room)
    return room
  }

  room (id) {
    return this.rooms.find(room => room.id === id) ?? fail(`no room ${id}`)
  }

  person (id) {
    return [this.bot, ...this.people].find(person => person.id === id) ?? fail(`no person ${id}`)
  }

  /** Every id changes, as at each login on web protocols. */
  renew () {
    const fresh = new Map()
    for (const person of [this.bot, ...this.people]) {
      fresh.set(person.id, `@${word(16)}`)
      person.id = fresh.get(person.id)
    }
    for (const room of this.rooms) {
      room.id = `@@${word(16)}`
      room.members = room.members.map(id => fresh.get(id) ?? id)
      room.aliases = Object.fromEntries(Object.entries(room.aliases).map(([id, alias]) => [fresh.get(id) ?? id, alias]))
    }
    this.got.clear()
  }

  /** Keep a message and return its id; `extra` is what the calls about it answer (picture, link, ...). */
  keep (payload, extra = {}) {
    const id = payload.id ?? `${Date.now()}${String(++this.serial).padStart(8, '0')}`
    this.messages.set(id, { payload: { timestamp: Date.now(), mentionIdList: [], ...payload, id }, ...extra })
    return id
  }

  message (id) {
    return this.messages.get(id) ?? fail(`no message ${id}`)
  }

  inbox (conversation) {
    if (!this.got.has(conversation)) this.got.set(conversation, [])
    return this.got.get(conversation)
  }

  /** The bot says something: only members and friends get it. Returns the message's id. */
  deliver (conversation, { type, text = '', mentions = [], picture = null }) {
    const room = this.rooms.find(r => r.id === conversation)
    if (room && !room.members.includes(this.bot.id)) fail('you are not a member of this room')
    if (!room && !this.person(conversation).friend) fail('对方开启了朋友验证，你还不是他（她）朋友')
    const to = room ? { roomId: conversation, mentionIdList: mentions } : { listenerId: conversation }
    const id = this.keep({ type, text, talkerId: this.bot.id, ...to })
    this.inbox(conversation).push({ id, text, mentions, picture, recalled: false })
    this.log.push([conversation, text, picture !== null])
    this.sent++
    return id
  }

  takeBack (id) {
    for (const list of this.got.values()) {
      const found = list.find(entry => entry.id === id)
      if (found) return (found.recalled = true)
    }
    return false
  }

  picture () {
    return {
      people: this.people, self: this.bot, rooms: this.rooms.map(({ id, topic }) => ({ id, topic })), sent: this.sent,
    }
  }
}

export function fail (text, code) {
  throw Object.assign(new Error(text), code ? { code, details: text } : {})
}
