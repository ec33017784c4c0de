import { describe, expect, it } from 'vitest'
import { newsClock } from './news-clock.ts'

const NOW = Date.UTC(2026, 2, 9, 9)
const HOUR = 3_600_000

describe('newsClock', () => {
  it.each([
    ['live, a minute after a bar', NOW - 60_000, NOW - HOUR, NOW, 'now'],
    ['over a weekend', NOW - 64 * HOUR, NOW - HOUR, NOW, 'now'],
    ['with nothing known', 0, 0, NOW, 'now'],
    ['with live news alone', 0, NOW - HOUR, NOW, 'now'],
    ['while 2024 is played, its later news being known', 1_7e11, 1_75e10, 1_7e11, 'newest bar'],
    ['in a simulation ahead of the clock', NOW + 99 * HOUR, 0, NOW + 99 * HOUR, 'newest bar'],
    ['with a file of old news alone', 0, 1_6e11, 1_6e11, 'newest article'],
  ])('%s', (_, newestBarMs, newestArticleMs, timeMs, clock) => {
    expect(newsClock({ nowMs: NOW, newestBarMs, newestArticleMs })).toEqual({ timeMs, clock })
  })
})
