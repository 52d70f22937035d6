// What tests can make the town do. Each entry takes the arguments of one JSON line and returns its answer.
import * as PUPPET from 'wechaty-puppet'

const Type = PUPPET.types.Message
const DASHES = '- - - - - - - - - - - - - - -'
const LABELS = { [Type.Image]: '图片', [Type.Video]: '视频', [Type.Audio]: '语音' }

const TYPES = {
  card: Type.Contact, file: Type.Attachment, forwarded: Type.ChatHistory, link: Type.Url, location: Type.Location,
  miniprogram: Type.MiniProgram, picture: Type.Image, post: Type.Post, redpacket: Type.RedEnvelope,
  sticker: Type.Emoticon, system: Type.Unknown, text: Type.Text, transfer: Type.Transfer, video: Type.Video,
  voice: Type.Audio,
}

/** A picture of one red point, for messages whose test does not bring its own. */
const POINT = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC'

const XML = {
  forwarded: text => '<msg><appmsg><title>群聊的聊天记录</title><type>19</type><des>张三: 谢谢</des><recorditem>' +
    '<![CDATA[<recordinfo><datalist count="2"><dataitem datatype="1"><sourcename>张三</sourcename><datadesc>' +
    `${text}</datadesc></dataitem><dataitem datatype="1"><sourcename>李四</sourcename><datadesc>收到</datadesc>` +
    '</dataitem></datalist></recordinfo>]]></recorditem></appmsg></msg>',
  picture: () => '<?xml version="1.0"?><msg><img aeskey="x" cdnthumburl="y"/></msg>',
  sticker: () => '<msg><emoji md5="0" cdnurl="z"/></msg>',
  voice: () => '<msg><voicemsg voicelength="3200"/></msg>',
}

function textOf (world, { type = 'text', text = '', quote, mentionBot, room }) {
  if (XML[type]) return XML[type](text)
  if (mentionBot) text = `@${(room && world.room(room).aliases[world.bot.id]) || world.bot.name}\u2005${text}`
  if (!quote) return text
  const { payload } = world.message(quote)
  const quoted = LABELS[payload.type] ?? payload.text
  return `「${world.person(payload.talkerId).name}：${quoted}」\n${DASHES}\n${text}`
}

function extraOf (args, world) {
  const { type = 'text', text = '', picture, pictureUrl } = args
  if (type === 'card') return { card: args.card ?? world.people[0].id }
  if (type === 'link' || type === 'miniprogram') {
    return { link: { description: '', title: text, url: args.url ?? 'https://example.org/a' } }
  }
  if (type === 'location') {
    return { location: { accuracy: 15, address: '平安镇建设路8号', latitude: 30.27, longitude: 120.15, name: text } }
  }
  if (pictureUrl) return { file: { name: 'picture.jpg', url: pictureUrl } }
  return { file: { base64: picture ?? POINT, name: 'picture.jpg' } }
}

export function commands (world, puppet, server) {
  const inRoom = (room, person) => room ? { roomId: room } : { listenerId: world.bot.id, person }
  const hold = register => new Promise(resolve => register(resolve))

  return {
    look: () => world.picture(),

    say (args) {
      const { room, person, type = 'text', mentionBot, withoutIds, mentions = [], id, timestamp } = args
      const mentionIdList = withoutIds ? [] : [...mentions, ...(mentionBot ? [world.bot.id] : [])]
      const payload = {
        talkerId: person, text: textOf(world, args), type: TYPES[type], ...inRoom(room), mentionIdList,
        ...(type === 'file' ? { filename: args.text } : {}), ...(id ? { id } : {}), ...(timestamp ? { timestamp } : {}),
      }
      return puppet.say(payload, extraOf(args, world))
    },

    again: ({ id }) => { puppet.emit('message', { messageId: id }) },

    recall: ({ room, person, id }) => puppet.say(
      { talkerId: person, text: id, type: Type.Recalled, ...inRoom(room) }),

    /** What the account's owner writes on the phone. */
    own: ({ room, person, text }) => puppet.say({
      talkerId: world.bot.id, text, type: Type.Text, ...(room ? { roomId: room } : { listenerId: person }),
    }),

    invite: ({ person, topic = '新来的群' }) => hold(done => {
      const id = `invitation-${world.invitations.size + 1}`
      const payload = {
        avatar: '', id, invitation: '', inviterId: person, memberCount: 3, memberIdList: [],
        receiverId: world.bot.id, timestamp: Date.now(), topic,
      }
      world.invitations.set(id, { done, inviter: person, payload, topic })
      puppet.emit('room-invite', { roomInvitationId: id })
    }),

    befriend: ({ person, hello = '我是网格员' }) => hold(done => {
      const id = `friendship-${world.friendships.size + 1}`
      const payload = {
        contactId: person, hello, id, ticket: 't', timestamp: Date.now(), type: PUPPET.types.Friendship.Receive,
      }
      world.friendships.set(id, { done, payload })
      puppet.emit('friendship', { friendshipId: id })
    }),

    estrange: ({ person }) => { world.person(person).friend = false },

    rename ({ room, person, topic }) {
      const { topic: oldTopic } = world.room(room)
      world.room(room).topic = topic
      puppet.emit('room-topic', puppet.change({ id: room }, { changerId: person, newTopic: topic, oldTopic }))
    },

    nickname ({ room, person, name }) {
      if (room) world.room(room).aliases[person] = name
      else world.person(person).name = name
      puppet.emit('dirty', { payloadId: person, payloadType: PUPPET.types.Dirty.Contact })
    },

    join ({ room, people, person }) {
      world.room(room).members.push(...people)
      puppet.emit('room-join', puppet.change({ id: room }, { inviteeIdList: people, inviterId: person }))
    },

    leave ({ room, people, person }) {
      const left = world.room(room)
      left.members = left.members.filter(id => !people.includes(id))
      puppet.emit('room-leave', puppet.change(left, { removeeIdList: people, removerId: person }))
    },

    received: ({ room, person }) => world.inbox(room ?? person),

    /** What all of them got, from entry number `since` on. */
    log: ({ since = 0 }) => world.log.slice(since),

    /** Whether the account sees its own messages. */
    echo: ({ on }) => { world.echo = on },

    async logout ({ reason = 'logout' }) { puppet.signedIn = false; await puppet.logout(reason) },

    login ({ newIds }) {
      if (newIds) world.renew()
      puppet.signedIn = true
      puppet.login(world.bot.id)
    },

    scan: ({ code, status = PUPPET.types.ScanStatus.Waiting }) => { puppet.emit('scan', { qrcode: code, status }) },
    error: ({ text }) => { puppet.emit('error', { data: text, gerror: JSON.stringify({ message: text }) }) },
    raw: ({ event, payload }) => { puppet.emit(event, payload) },
    fault: fault => { puppet.faults.push({ times: -1, ...fault }) },
    faultless: () => { puppet.faults.length = 0 },
    dings: ({ on }) => { puppet.dings = on },

    goAway: () => server.stop(),
    comeBack: () => server.start(),

    /** Everything back to quiet, between tests. */
    async reset () {
      puppet.faults.length = 0
      puppet.dings = puppet.signedIn = true
      const account = world.bot.id
      world.settle()
      if (account !== world.bot.id) await puppet.logout()
      await server.start()
      if (puppet.state.active() && !puppet.isLoggedIn) puppet.login(world.bot.id)
    },

    /** As fast as possible: `messages` are [room number, person number, text], said one after the other. */
    burst ({ messages, echo = false }) {
      world.echo = echo
      world.sent = 0
      world.started = performance.now()
      for (const [room, person, text] of messages) {
        puppet.say({
          roomId: world.rooms[room % world.rooms.length].id, talkerId: world.people[person % world.people.length].id,
          text, type: Type.Text,
        })
      }
      return messages.length
    },

    /** Seconds from the start of the burst until the bot had sent `count` messages. */
    sentAfter: ({ count }) => hold(done => {
      const look = () => world.sent < count
        ? setTimeout(look, 2)
        : done({ seconds: (performance.now() - world.started) / 1000, sent: world.sent })
      look()
    }),
  }
}
