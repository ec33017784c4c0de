import { PassThrough } from 'node:stream'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { startProgress } from './progress.ts'

function screen(isTTY: boolean) {
  const stream = new PassThrough() as PassThrough & { isTTY: boolean; columns: number }
  stream.isTTY = isTTY
  stream.columns = 200
  return {
    stream: stream as unknown as NodeJS.WriteStream,
    text: () => String((stream.read() as Buffer | null) ?? ''),
  }
}

afterEach(() => vi.useRealTimers())

describe('progress', () => {
  it('is a line every 5 s where there is no terminal', () => {
    vi.useFakeTimers()
    const { stream, text } = screen(false)
    const progress = startProgress({
      label: 'Producing candles',
      unit: 'rows',
      total: 4_000,
      start: 1_000,
      stream,
    })
    progress.update(2_000)
    vi.advanceTimersByTime(4_999)
    expect(text()).toBe('')
    vi.advanceTimersByTime(1)
    expect(text()).toBe('Producing candles: 2,000 of 4,000 (50 %) rows, 200 rows/s\n')
    progress.stop()
    vi.advanceTimersByTime(20_000)
    expect(text()).toBe('')
  })

  it('is a count where the total is not known', () => {
    vi.useFakeTimers()
    const { stream, text } = screen(false)
    const progress = startProgress({ label: 'Reading', unit: 'rows', stream })
    progress.update(10)
    vi.advanceTimersByTime(5_000)
    expect(text()).toBe('Reading: 10 rows, 2 rows/s\n')
    progress.stop()
  })

  it('is a bar on a terminal', () => {
    const { stream, text } = screen(true)
    const progress = startProgress({ label: 'Producing', unit: 'rows', total: 2_000, stream })
    progress.update(1_000)
    progress.stop()
    expect(text()).toMatch(/Producing .* 50% \| 1,000 of 2,000 rows/)
  })
})
