import { describe, expect, it } from 'vitest'
import { GuardedStore } from './guarded-store.ts'

interface Asked {
  readonly answer: (rows: unknown[]) => void
  readonly fail: (thrown: Error) => void
}

const slowStore = () => {
  const asked: Asked[] = []
  const query = <Row>(): Promise<Row[]> =>
    new Promise((answer, fail) => {
      asked.push({ answer: answer as (rows: unknown[]) => void, fail })
    })
  return { asked, store: new GuardedStore({ query }) }
}
const turns = async (): Promise<void> => {
  for (let i = 0; i < 20; i += 1) await Promise.resolve()
}

describe('the store as the page may use it', () => {
  it('asks four things at a time and the rest in order', async () => {
    const { asked, store } = slowStore()
    const answers = Array.from({ length: 6 }, (_, i) => store.query(`q${i}`))
    await turns()
    expect(asked).toHaveLength(4)
    for (const at of [0, 1]) asked[at]?.answer([at])
    await turns()
    expect(asked).toHaveLength(6)
    for (const at of [2, 3, 4, 5]) asked[at]?.answer([at])
    expect(await Promise.all(answers)).toEqual([[0], [1], [2], [3], [4], [5]])
  })

  it('refuses what would wait in a queue without end', async () => {
    const { asked, store } = slowStore()
    const answers = Array.from({ length: 68 }, () => store.query('q'))
    await turns()
    await expect(store.query('one too many')).rejects.toMatchObject({ code: 'OVERLOADED' })
    for (let at = 0; at < 68; at += 1) {
      asked[at]?.answer([])
      await turns()
    }
    expect(await Promise.all(answers)).toHaveLength(68)
  })

  it('leaves a store that is away alone for a while, and lets those that wait go', async () => {
    const { asked, store } = slowStore()
    const answers = Array.from({ length: 6 }, (_, i) => store.query(`q${i}`).catch((e: Error) => e))
    await turns()
    for (const each of asked) each.fail(new Error('connect ECONNREFUSED'))
    for (const answer of await Promise.all(answers))
      expect(answer).toMatchObject({ code: 'STORE_FAILED' })
    expect(asked).toHaveLength(4)
    await expect(store.query('q')).rejects.toThrow('connect ECONNREFUSED')
    expect(asked).toHaveLength(4)
  })
})
