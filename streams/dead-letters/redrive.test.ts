import { describe, expect, it } from 'vitest'
import type { DeadLetter } from '../../schemas/generated.ts'
import { parseLetterId, type Letter } from './letters.ts'
import { inSourceOrder } from './redrive.ts'

const letter = (id: string, changed: Partial<DeadLetter>): Letter => ({
  id,
  ...parseLetterId(id),
  writtenMs: 0,
  value: {
    sourceTopic: 'candles.v1',
    sourcePartition: null,
    sourceOffset: null,
    sourceFile: null,
    sourceLine: null,
    eventTimeMs: 0,
    code: 'RECORD_INVALID',
    cause: '',
    schemaId: null,
    originalKey: Buffer.alloc(0),
    originalBytes: Buffer.alloc(0),
    conflictingBytes: null,
    ...changed,
  },
})

describe('inSourceOrder', () => {
  it('follows the log of the source, whatever order the letters were written in', () => {
    const letters = [
      letter('0/1', { sourcePartition: 1, sourceOffset: 9 }),
      letter('0/2', { sourcePartition: 0, sourceOffset: 10 }),
      letter('1/0', { sourcePartition: 0, sourceOffset: 9 }),
      letter('1/1', { sourceFile: 'b.csv', sourceLine: 100 }),
      letter('1/2', { sourceFile: 'b.csv', sourceLine: 20 }),
      letter('0/3', { sourceTopic: 'news.v1', sourcePartition: 0, sourceOffset: 1 }),
    ]
    expect(inSourceOrder(letters).map(({ id }) => id)).toEqual([
      '1/0',
      '0/2',
      '0/1',
      '1/2',
      '1/1',
      '0/3',
    ])
  })
})

describe('parseLetterId', () => {
  it('reads partition and offset', () => {
    expect(parseLetterId('3/17')).toEqual({ partition: 3, offset: 17 })
  })

  it.each(['', '17', '0/', '0/x', '-1/2', '0/1/2', '0/9999999999999999'])('refuses %j', (text) => {
    expect(() => parseLetterId(text)).toThrow('names no dead letter')
  })
})
