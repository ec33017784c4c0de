import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../streams/config.ts'
import { configuredInstruments } from './instruments-file.ts'
import { listedInstruments } from './instruments.ts'
import { settingsDifferences } from './instrument-settings.ts'

const environment = { maxFillMinutes: 360, sessionZone: 'UTC', sessionStart: '17:00' }
const listed = (given: unknown) => listedInstruments(given, 'instruments.json', environment)

describe('instruments', () => {
  it('take what their entry leaves out from the defaults, and those from the environment', () => {
    const instruments = listed({
      defaults: { zone: 'Europe/London', maxFillMinutes: 60 },
      instruments: { SPY: { zone: 'America/New_York' } },
    })
    expect(instruments.settingsOf('SPY')).toEqual({
      zone: 'America/New_York',
      sessionStart: '17:00',
      maxFillMinutes: 60,
      tradingHours: null,
      outsideHours: 'accept',
      confirmJumpDays: null,
      revision: 1,
    })
    expect(instruments.settingsOf('OTHER')?.zone).toBe('Europe/London')
  })

  it('are found by name, then by the longest pattern, then by the defaults', () => {
    const instruments = listed({
      instruments: {
        '*': { revision: 2 },
        'EUR*': { revision: 3 },
        'E*R_U*D': { revision: 4 },
        EUR_USD: { revision: 5 },
        'A.C*': { revision: 6 },
      },
    })
    const revisions = ['EUR_USD', 'EUR_USXD', 'EUR_GBP', 'GBP', 'A.CE', 'AXCE'].map(
      (name) => instruments.settingsOf(name)?.revision,
    )
    expect(revisions).toEqual([5, 4, 3, 2, 6, 2])
  })

  it('are the same object at every question: grids are kept by it', () => {
    const instruments = listed({ instruments: { 'A*': {} } })
    expect(instruments.settingsOf('AB')).toBe(instruments.settingsOf('AB'))
    expect(instruments.settingsOf('B')).toBe(instruments.settingsOf('C'))
  })

  it('are unknown where only listed ones are taken', () => {
    const instruments = listed({ onlyListed: true, instruments: { SPY: {}, 'EUR*': {} } })
    expect(['SPY', 'EUR_USD', 'QQQ'].map((name) => instruments.settingsOf(name)?.zone)).toEqual([
      'UTC',
      'UTC',
      undefined,
    ])
  })

  it.each<[unknown, string]>([
    [[], 'instruments.json: the file []: Invalid input: expected object'],
    [{ onlyListd: true }, 'the file: there is no setting "onlyListd"'],
    [{ instruments: { 'A B': {} } }, 'instruments.A B: is not a name'],
    [{ instruments: { SPY: { zone: 'Mars' } } }, 'instruments.SPY.zone "Mars": is not an IANA'],
    [{ instruments: { SPY: { zoen: 'UTC' } } }, 'there is no setting "zoen" (there are zone,'],
    [{ defaults: { sessionStart: '24:00' } }, 'defaults.sessionStart "24:00": is not a time'],
    [{ defaults: { maxFillMinutes: 10_001 } }, 'defaults.maxFillMinutes 10001: Too big'],
    [
      { defaults: { tradingHours: { weekly: ['Mon 9-17'] } } },
      'defaults.tradingHours.weekly[0] "Mon 9-17": is not like "Mon-Fri 09:30-16:00"',
    ],
    [{ defaults: { tradingHours: { weekly: [] } } }, 'has no window'],
    [
      { defaults: { tradingHours: { weekly: ['Mon 09:00-17:00'], dates: { '2025-02-30': [] } } } },
      'dates.2025-02-30: is not a date like 2025-12-25',
    ],
  ])('refuse %j, saying where and why', (given, message) =>
    expect(() => listed(given)).toThrow(message),
  )

  it('tell every fault of a file at once', () => {
    expect(() =>
      listed({ instruments: { A: { zone: 'X' }, B: { outsideHours: 'maybe' } } }),
    ).toThrow(/instruments\.A\.zone.*instruments\.B\.outsideHours/)
  })

  it('differ by what was true up to the newest bar, not by future dates', () => {
    const weekly = ['Mon-Fri 09:30-16:00']
    const settings = (dates: Record<string, string[]>, more: object = {}) =>
      listed({ defaults: { tradingHours: { weekly, dates }, ...more } }).settingsOf('SPY')!
    const newestMs = Date.UTC(2025, 5, 2, 15)
    const made = settings({ '2025-01-01': [] })
    const grown = settings({ '2025-12-25': [], '2025-01-01': [] })
    expect(settingsDifferences(made, grown, newestMs)).toEqual([])
    expect(settingsDifferences(made, grown, Date.UTC(2026, 0, 1))).toHaveLength(1)
    expect(
      settingsDifferences(made, settings({}, { zone: 'Asia/Tokyo', revision: 9 }), newestMs),
    ).toEqual(['zone was "UTC" and is "Asia/Tokyo"', 'dates was {"2025-01-01":[]} and is {}'])
  })
})

describe('instruments file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'candlewire-instruments-'))
  const load = (text: string) => {
    const path = join(folder, 'instruments.json')
    writeFileSync(path, text)
    return configuredInstruments(loadConfig({ INSTRUMENTS_FILE: path }))
  }

  it('is read at start; without one the environment holds for all', () => {
    expect(load('{"onlyListed": true}').settingsOf('SPY')).toBeUndefined()
    const config = loadConfig({ SESSION_ZONE: 'Asia/Tokyo' })
    expect(configuredInstruments(config).settingsOf('ANY')?.zone).toBe('Asia/Tokyo')
    expect(() => load('{')).toThrow('is not JSON')
    expect(() => configuredInstruments({ ...config, instrumentsFile: `${folder}/none` })).toThrow(
      'INSTRUMENTS_FILE',
    )
    rmSync(folder, { recursive: true })
  })

  it('has an example that can be used', () => {
    const example = new URL('../../data/instruments.example.json', import.meta.url)
    const instruments = listed(JSON.parse(readFileSync(example, 'utf8')))
    expect(instruments.settingsOf('SPY')?.zone).toBe('America/New_York')
  })
})
