// PuppetMock, made to do what it leaves out: message ids, mentions, recall, pictures, invitations, friendships,
// and every way a call can go wrong.
import { FileBox } from 'file-box'
import * as PUPPET from 'wechaty-puppet'
import { PuppetMock } from 'wechaty-puppet-mock'

import { fail } from './world.mjs'

const Type = PUPPET.types.Message
const pause = seconds => new Promise(resolve => setTimeout(resolve, seconds * 1000))

/** How each fault goes wrong, after or instead of the call itself. */
const FAULTS = {
  hang: () => new Promise(() => {}),
  'hang-after': async (_, act) => { await act(); return new Promise(() => {}) },
  late: async (fault, act) => { await pause(fault.seconds); return act() },
  refuse: fault => fail(fault.text ?? 'you are not a member of this room'),
  rate: () => fail('发送过于频繁，请稍后再试', 8),
  blocked: () => fail('该账号因违规已被限制登录'),
  unavailable: () => fail('transport is closing', 14),
}

export class TownPuppet extends PuppetMock {
  constructor (world, mocker) {
    super({ mocker })
    this.world = world
    this.faults = []
    this.signedIn = true
    this.dings = true
  }

  /** Run `act` as `call` unless a fault stands in its way: one with `match` for that id only, with `skip` not yet. */
  async faulty (call, id, act) {
    const fault = this.faults.find(f => f.call === call && (!f.match || f.match === id) && f.times !== 0)
    if (!fault || (fault.skip && fault.skip--)) return act()
    if (fault.times) fault.times--
    return FAULTS[fault.mode](fault, act)
  }

  async onStart () {
    await super.onStart()
    setImmediate(() => this.signedIn && !this.isLoggedIn && this.login(this.world.bot.id))
  }

  ding (data = '') {
    if (this.dings) setTimeout(() => this.emit('dong', { data }), 5)
  }

  /** Put a message on the wire, as if it had just come in. */
  say (payload, extra) {
    const id = this.world.keep(payload, extra)
    this.emit('message', { messageId: id })
    return id
  }

  // What the bot asks for. No caches: tests change names under our feet.
  contactPayload (id) { return this.faulty('contactPayload', id, async () => this.world.person(id)) }
  roomList () { return this.faulty('roomList', '', async () => this.world.rooms.map(room => room.id)) }
  messagePayload (id) { return this.faulty('messagePayload', id, async () => this.world.message(id).payload) }

  roomPayload (id) {
    return this.faulty('roomPayload', id, async () => {
      const { topic, members } = this.world.room(id)
      return { adminIdList: [], id, memberIdList: members, topic }
    })
  }

  roomMemberPayload (id, member) {
    return this.faulty('roomMemberPayload', id, async () => (
      { id: member, name: this.world.person(member).name, roomAlias: this.world.room(id).aliases[member] }
    ))
  }

  messageFile (id) { return this.faulty('messageFile', id, async () => box(this.world.message(id).file)) }
  messageImage (id) { return this.faulty('messageImage', id, async () => box(this.world.message(id).file)) }
  messageContact (id) { return this.faulty('messageContact', id, async () => this.world.message(id).card) }
  messageUrl (id) { return this.faulty('messageUrl', id, async () => this.world.message(id).link) }
  messageMiniProgram (id) { return this.faulty('messageMiniProgram', id, async () => this.world.message(id).link) }
  messageLocation (id) { return this.faulty('messageLocation', id, async () => this.world.message(id).location) }

  // What the bot does.
  messageSendText (conversation, text, mentions = []) {
    return this.faulty('messageSendText', conversation, async () => (
      this.sent(this.world.deliver(conversation, { mentions, text, type: Type.Text }))
    ))
  }

  messageSendFile (conversation, file) {
    return this.faulty('messageSendFile', conversation, async () => {
      const picture = await file.toBase64()
      return this.sent(this.world.deliver(conversation, { picture, text: file.name, type: Type.Image }))
    })
  }

  sent (id) {
    if (this.world.echo) setImmediate(() => this.emit('message', { messageId: id }))
    return id
  }

  messageRecall (id) { return this.faulty('messageRecall', id, async () => this.world.takeBack(id)) }

  // Invitations and friendships.
  roomInvitationPayload (id) {
    return this.faulty('roomInvitationPayload', id, async () => this.world.invitations.get(id).payload)
  }

  async friendshipPayload (id) { return this.world.friendships.get(id).payload }

  roomInvitationAccept (id) {
    return this.faulty('roomInvitationAccept', id, async () => {
      const { inviter, topic, done } = this.world.invitations.get(id) ?? fail(`no invitation ${id}`)
      const room = this.world.addRoom(topic)
      this.emit('room-join', this.change(room, { inviteeIdList: [this.world.bot.id], inviterId: inviter }))
      done(room.id)
    })
  }

  friendshipAccept (id) {
    return this.faulty('friendshipAccept', id, async () => {
      const { payload, done } = this.world.friendships.get(id) ?? fail(`no friendship ${id}`)
      this.world.person(payload.contactId).friend = true
      done(null)
    })
  }

  change (room, what) {
    return { roomId: room.id, timestamp: Date.now(), ...what }
  }
}

/** `file` is {base64, name} or {url, name}. */
function box (file) {
  if (!file) fail('no file in this message')
  return file.url ? FileBox.fromUrl(file.url, { name: file.name }) : FileBox.fromBase64(file.base64, file.name)
}
