/**
 * What RFC 6455 asks of a server, over a raw socket: fragments, masks, opcodes, UTF-8, sizes. Frames are
 * made here by hand from section 5.2, not by the library that the server uses.
 */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { demoServer, type DemoServer } from '../../test/support/demo-server.ts'

const [TEXT, BINARY, CLOSE, PING, PONG, CONTINUATION] = [1, 2, 8, 9, 10, 0]
const MASK = Buffer.from([0x37, 0xfa, 0x21, 0x3d])

interface Frame {
  readonly opcode: number
  readonly payload: Buffer
}

interface Shape {
  readonly fin?: boolean
  readonly reserved?: number
  readonly masked?: boolean
}

/** A frame as a client sends it. */
function frame(opcode: number, payload: Buffer | string, shape: Shape = {}): Buffer {
  const { fin = true, reserved = 0, masked = true } = shape
  const body = Buffer.from(payload)
  const length =
    body.length < 126
      ? [body.length]
      : body.length < 65_536
        ? [126, body.length >> 8, body.length & 0xff]
        : [127, 0, 0, 0, 0, ...[24, 16, 8, 0].map((bits) => (body.length >>> bits) & 0xff)]
  length[0] = (length[0] ?? 0) | (masked ? 0x80 : 0)
  const head = Buffer.from([(fin ? 0x80 : 0) | (reserved << 4) | opcode, ...length])
  if (!masked) return Buffer.concat([head, body])
  return Buffer.concat([head, MASK, body.map((byte, at) => byte ^ (MASK[at % 4] ?? 0))])
}

/** Frames of the server, which are never masked; keeps what is not complete. */
function* framesIn(bytes: Buffer): Generator<Frame> {
  let at = 0
  while (at + 2 <= bytes.length) {
    const short = (bytes[at + 1] ?? 0) & 0x7f
    const head = short === 126 ? 4 : short === 127 ? 10 : 2
    if (at + head > bytes.length) return
    const length =
      short === 126
        ? bytes.readUInt16BE(at + 2)
        : short === 127
          ? Number(bytes.readBigUInt64BE(at + 2))
          : short
    if (at + head + length > bytes.length) return
    yield {
      opcode: (bytes[at] ?? 0) & 0x0f,
      payload: bytes.subarray(at + head, at + head + length),
    }
    at += head + length
  }
}

let demo: DemoServer
let port: number
const sockets: Socket[] = []

beforeAll(async () => {
  demo = await demoServer({ withModel: false })
  port = Number(new URL(await demo.app.listen({ host: '127.0.0.1', port: 0 })).port)
})
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy()
})
afterAll(() => demo.close())

/** Sends the bytes after the handshake, piece by piece; resolves with what came when `enough` says so. */
async function talk(
  pieces: readonly Buffer[],
  enough: (frames: Frame[]) => boolean,
): Promise<Frame[]> {
  const socket = connect(port, '127.0.0.1')
  sockets.push(socket)
  let received = Buffer.alloc(0)
  const frames = (): Frame[] => {
    const end = received.indexOf('\r\n\r\n')
    return end < 0 ? [] : [...framesIn(received.subarray(end + 4))]
  }
  const done = new Promise<void>((resolve) => {
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk])
      if (enough(frames())) resolve()
    })
    socket.on('close', () => resolve())
    socket.on('error', () => resolve())
  })
  await once(socket, 'connect')
  socket.write(
    'GET /ws/market-stream?types=none HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n' +
      'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  )
  for (const piece of pieces) socket.write(piece)
  await done
  // The accept value of the example in section 1.3.
  expect(received.toString('latin1')).toContain('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=')
  return frames()
}

const closed = (frames: readonly Frame[]): boolean => frames.some(({ opcode }) => opcode === CLOSE)
const closeCode = async (...pieces: Buffer[]): Promise<number | undefined> =>
  (await talk(pieces, closed)).find(({ opcode }) => opcode === CLOSE)?.payload.readUInt16BE(0)
const texts = (frames: readonly Frame[]): string[] =>
  frames.filter(({ opcode }) => opcode === TEXT).map(({ payload }) => payload.toString())

const ping = JSON.stringify({ action: 'ping' })
const hasPong = (frames: readonly Frame[]): boolean =>
  texts(frames).some((text) => text.includes('"pong"'))

describe('the WebSocket', () => {
  it('puts fragments together, with a ping between them', async () => {
    const frames = await talk(
      [
        frame(TEXT, ping.slice(0, 4), { fin: false }),
        frame(PING, 'are you there'),
        frame(CONTINUATION, ping.slice(4, 9), { fin: false }),
        frame(CONTINUATION, ping.slice(9)),
      ],
      hasPong,
    )
    expect(frames.find(({ opcode }) => opcode === PONG)?.payload.toString()).toBe('are you there')
    expect(hasPong(frames)).toBe(true)
  })

  it('reads frames that arrive byte by byte, and takes a pong nobody asked for', async () => {
    const bytes = Buffer.concat([frame(PONG, 'x'), frame(TEXT, ping)])
    expect(
      hasPong(
        await talk(
          [...bytes].map((byte) => Buffer.from([byte])),
          hasPong,
        ),
      ),
    ).toBe(true)
  })

  it('echoes a close', async () => {
    expect(await closeCode(frame(CLOSE, Buffer.from([0x03, 0xe8])))).toBe(1000)
  })

  it.each([
    ['a frame without a mask', 1002, [frame(TEXT, ping, { masked: false })]],
    ['a reserved opcode for data', 1002, [frame(3, 'x')]],
    ['a reserved opcode for control', 1002, [frame(11, 'x')]],
    ['a reserved bit', 1002, [frame(TEXT, ping, { reserved: 4 })]],
    ['a fragmented ping', 1002, [frame(PING, 'x', { fin: false })]],
    ['a ping of more than 125 bytes', 1002, [frame(PING, Buffer.alloc(126))]],
    ['a continuation of nothing', 1002, [frame(CONTINUATION, 'x')]],
    ['a new message within fragments', 1002, [frame(TEXT, '{', { fin: false }), frame(TEXT, ping)]],
    ['a close code that must not be sent', 1002, [frame(CLOSE, Buffer.from([0x03, 0xed]))]],
    ['a close of one byte', 1002, [frame(CLOSE, Buffer.from([3]))]],
    ['text that is not UTF-8', 1007, [frame(TEXT, Buffer.from([0xce, 0xba, 0xe1, 0xbd]))]],
    [
      'a surrogate in UTF-8, over two fragments',
      1007,
      [
        frame(TEXT, Buffer.from([0xed]), { fin: false }),
        frame(CONTINUATION, Buffer.from([0xa0, 0x80])),
      ],
    ],
    ['an overlong encoding', 1007, [frame(TEXT, Buffer.from([0xc0, 0xaf]))]],
    [
      'a close reason that is not UTF-8',
      1007,
      [frame(CLOSE, Buffer.from([0x03, 0xe8, 0xff, 0xfe]))],
    ],
    ['a message that is too large', 1009, [frame(TEXT, Buffer.alloc(16_385, 0x20))]],
    [
      'fragments that are too large together',
      1009,
      [
        frame(TEXT, Buffer.alloc(10_000, 0x20), { fin: false }),
        frame(CONTINUATION, Buffer.alloc(10_000, 0x20)),
      ],
    ],
    ['a length of 2^63', 1009, [Buffer.from([0x81, 0xff, 0x7f, ...Array<number>(7).fill(0xff)])]],
    ['a binary message', 1003, [frame(BINARY, ping)]],
    ['a flood of messages', 1008, Array.from({ length: 100 }, () => frame(TEXT, ping))],
    ['faults again and again', 1008, Array.from({ length: 20 }, () => frame(TEXT, '{'))],
  ])('closes %s with %i', async (_what, code, pieces) => {
    const got = await closeCode(...pieces)
    // The library calls a length beyond 2^53 by the same name as one beyond its limit.
    expect(got).toBe(code)
  })

  it.each([
    ['{', 'not JSON'],
    ['{"action":"sell"}', 'action'],
    ['{"action":"subscribe","types":["moon"]}', 'types'],
    ['{"action":"subscribe","types":[]}', 'types'],
    ['{"action":"subscribe","instruments":["<b>"]}', 'instrument'],
    ['{"action":"subscribe","more":1}', 'more'],
    ['{"action":"subscribe","position":"17"}', 'position'],
    ['[]', 'message'],
    ['null', 'message'],
  ])('answers %s with what is wrong, and goes on', async (text, reason) => {
    const frames = await talk([frame(TEXT, text), frame(TEXT, ping)], hasPong)
    expect(texts(frames)[1]).toContain(reason)
    expect(texts(frames)[1]).toContain('REQUEST_INVALID')
    expect(hasPong(frames)).toBe(true)
  })
})
