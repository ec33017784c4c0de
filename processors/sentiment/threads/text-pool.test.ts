import { afterEach, describe, expect, it } from 'vitest'
import { openTextPool, WAITING_TEXTS_MAX, type TextPool } from './text-pool.ts'

/**
 * A model that tells the length of a text, and does as it is told: `throw`, `hang` (a loop that never
 * gives the thread back) or `die` (the thread ends).
 */
const OBEDIENT = `
export const load = async () => async (text) => {
  if (text === 'throw') throw new Error('told to')
  if (text === 'hang') for (;;) {}
  if (text === 'die') process.exit(3)
  return Float64Array.of(text.length, 0.1 + 0.2)
}`
const work = (source: string) =>
  ({ kind: 'module', url: `data:text/javascript,${encodeURIComponent(source)}` }) as const

const open: TextPool[] = []
async function pool(options: { threads?: number; textTimeoutMs?: number } = {}): Promise<TextPool> {
  const opened = await openTextPool(work(OBEDIENT), {
    threads: 2,
    textTimeoutMs: 30_000,
    ...options,
  })
  open.push(opened)
  return opened
}
afterEach(() => Promise.all(open.splice(0).map((opened) => opened.close())))

const texts = Array.from({ length: 200 }, (_, index) => 'x'.repeat(index % 37))
const lengths = texts.map((text) => Float64Array.of(text.length, 0.1 + 0.2))

describe('openTextPool', () => {
  it.each([1, 2, 3])('answers every text in order with %i threads', async (threads) => {
    expect(await (await pool({ threads })).answer(texts)).toEqual(lengths)
  })

  it('keeps calls apart that run at the same time', async () => {
    const shared = await pool()
    const answers = await Promise.all([1, 50, 200].map((n) => shared.answer(texts.slice(0, n))))
    expect(answers).toEqual([1, 50, 200].map((n) => lengths.slice(0, n)))
    expect(await shared.answer([])).toEqual([])
  })

  it('lets a text that throws fail alone', async () => {
    const answers = await (await pool()).answer(['ab', 'throw', 'abc'])
    expect(answers).toEqual([
      Float64Array.of(2, 0.1 + 0.2),
      { error: 'told to' },
      Float64Array.of(3, 0.1 + 0.2),
    ])
  })

  it.each([
    ['die', 'the model ended with code 3'],
    ['hang', 'the model took longer than 1000 ms over a text'],
  ])('gives a text up that makes the thread %s twice, and no other', async (what, error) => {
    const shared = await pool({ threads: 1, textTimeoutMs: 1_000 })
    const answers = await shared.answer(['a', what, 'ab', 'abc', what])
    expect(answers).toEqual([
      Float64Array.of(1, 0.1 + 0.2),
      { error },
      Float64Array.of(2, 0.1 + 0.2),
      Float64Array.of(3, 0.1 + 0.2),
      { error },
    ])
    expect(await shared.answer(['abcd'])).toEqual([Float64Array.of(4, 0.1 + 0.2)])
  })

  it('refuses more texts than may wait, and goes on', async () => {
    const shared = await pool()
    const many = Array.from({ length: WAITING_TEXTS_MAX + 1 }, () => 'a')
    await expect(shared.answer(many)).rejects.toMatchObject({ code: 'OVERLOADED' })
    expect(await shared.answer(['a'])).toHaveLength(1)
  })

  it('drops what an aborted call still has to do', async () => {
    const shared = await pool({ threads: 1 })
    const cancel = new AbortController()
    const aborted = shared.answer(texts, cancel.signal)
    cancel.abort(new Error('enough'))
    await expect(aborted).rejects.toThrow('enough')
    await expect(shared.answer(texts, cancel.signal)).rejects.toThrow('enough')
    expect(await shared.answer(['abc'])).toEqual([Float64Array.of(3, 0.1 + 0.2)])
  })

  it('fails what waits when it is closed', async () => {
    const shared = await pool({ threads: 1 })
    const waiting = shared.answer(['hang', 'a'])
    await Promise.all([
      expect(waiting).rejects.toMatchObject({ code: 'SENTIMENT_FAILED' }),
      shared.close(),
    ])
    await expect(shared.answer(['a'])).rejects.toMatchObject({ code: 'SENTIMENT_FAILED' })
  })

  it('says why a model cannot be loaded', async () => {
    const broken = work(`export const load = async () => { throw new Error('no such file') }`)
    const opening = openTextPool(broken, { threads: 2, textTimeoutMs: 1_000 })
    await expect(opening).rejects.toMatchObject({
      code: 'SENTIMENT_MODEL_REFUSED',
      message: 'no such file',
    })
  })

  it('leaves the event loop free while a thread computes', async () => {
    const busy = work(`export const load = async () => async () => {
      for (const end = performance.now() + 300; performance.now() < end; );
      return Float64Array.of(1)
    }`)
    const shared = await openTextPool(busy, { threads: 1, textTimeoutMs: 30_000 })
    open.push(shared)
    let ticks = 0
    const ticking = setInterval(() => (ticks += 1), 10)
    await shared.answer(['a', 'b'])
    clearInterval(ticking)
    expect(ticks).toBeGreaterThan(10)
  })
})
