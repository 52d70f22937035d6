// A real gRPC gateway on 127.0.0.1 in front of an invented WeChat.
//   node gateway.mjs [--port 0] [--control 0] [--rooms 160] [--people 12] [--token test]
// It prints one line, {"port": ..., "control": ...}, takes JSON lines {"n", "do", ...} on the control port, answers
// {"n", "value"} or {"n", "error"}, and ends when its standard input is closed.
import './quiet.mjs'

import net from 'node:net'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'

const { mock } = await import('wechaty-puppet-mock')
const { PuppetServer } = await import('wechaty-puppet-service')
const { commands } = await import('./control.mjs')
const { TownPuppet } = await import('./puppet.mjs')
const { World } = await import('./world.mjs')

const text = value => ({ default: value, type: 'string' })
const { values } = parseArgs({
  options: { control: text('0'), people: text('12'), port: text('0'), rooms: text('160'), token: text('test') },
})

const listening = (server, port) => new Promise((resolve, reject) => {
  server.once('error', reject)
  server.listen(port, '127.0.0.1', () => resolve(server.address().port))
})

/** PuppetServer does not tell which port it got, so a free one is looked for first. */
async function freePort () {
  const probe = net.createServer()
  const port = await listening(probe, 0)
  await new Promise(resolve => probe.close(resolve))
  return port
}

const world = new World({ people: Number(values.people), rooms: Number(values.rooms) })
const puppet = new TownPuppet(world, new mock.Mocker())
puppet.setMaxListeners(0)
const port = Number(values.port) || await freePort()

/** The gRPC server alone goes and comes back; the account behind it stays as it is. */
const server = {
  async start () {
    if (this.running) return
    const tls = { disable: true } // the Python client has none
    this.running = new PuppetServer({ endpoint: `127.0.0.1:${port}`, puppet, tls, token: values.token })
    await this.running.start()
  },
  async stop () {
    await this.running?.stop()
    this.running = undefined
  },
}

function serve (socket) {
  const does = commands(world, puppet, server)
  createInterface({ input: socket }).on('line', async line => {
    const { n, do: name, ...args } = JSON.parse(line)
    try {
      answer({ n, value: await does[name](args) ?? null })
    } catch (error) {
      answer({ error: String(error.message ?? error), n })
    }
  })
  const answer = value => socket.writable && socket.write(JSON.stringify(value) + '\n')
  socket.on('error', () => {})
}

process.on('unhandledRejection', error => console.error('unhandled', error))
process.stdin.on('end', () => process.exit(0)).resume()
await server.start()
const control = await listening(net.createServer(serve), Number(values.control))
process.stdout.write(JSON.stringify({ control, port }) + '\n')
