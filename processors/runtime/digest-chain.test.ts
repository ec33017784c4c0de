import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { DigestChain } from './digest-chain.ts'

/** By the formula, with nothing shared. */
const plainly = (values: readonly Uint8Array[]): string =>
  values
    .reduce<Buffer>(
      (digest, value) => createHash('sha256').update(digest).update(value).digest(),
      Buffer.alloc(32),
    )
    .toString('hex')

const values = fc.array(fc.uint8Array({ maxLength: 9_000 }), { maxLength: 8 })

it('is the chain of the formula, wherever it was noted and read back on the way', () => {
  fc.assert(
    fc.property(values, fc.nat(8), (all, cut) => {
      const before = new DigestChain('features.v1', 7)
      for (const value of all.slice(0, cut)) before.add(value)
      const after = DigestChain.read(before.noted())!
      for (const value of all.slice(cut)) after.add(value)
      expect(after.digest).toBe(plainly(all))
      expect(after).toMatchObject({ topic: 'features.v1', from: 7, records: all.length })
    }),
  )
})

it('forks: the one it was made from stays', () => {
  const chain = new DigestChain('t', 0)
  chain.add(Buffer.from('a'))
  const fork = chain.fork()
  fork.add(Buffer.from('b'))
  expect(chain.digest).toBe(plainly([Buffer.from('a')]))
  expect(fork.digest).toBe(plainly([Buffer.from('a'), Buffer.from('b')]))
})

it('depends on order and on where records end', () => {
  const of = (...texts: string[]) => {
    const chain = new DigestChain('t', 0)
    for (const text of texts) chain.add(Buffer.from(text))
    return chain.digest
  }
  expect(new Set([of('ab', 'c'), of('a', 'bc'), of('c', 'ab'), of('abc')]).size).toBe(4)
})

it.each([
  null,
  undefined,
  '',
  'sha256-chain/1',
  'sha256-chain/2 topic=t from=0 records=0 digest=x',
])('finds none in %j', (metadata) => expect(DigestChain.read(metadata)).toBeUndefined())
