import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { publishedModel } from '../../test/support/published-model.ts'
import { aliasTarget, ALIASES, STAGES_OF_ALIAS, type Alias } from './model-aliases.ts'
import { historyOf, momentAt, type LoggedEvent } from './model-history.ts'
import { applyEntry, compareVersions, emptyModelRegistry, nextVersion } from './model-registry.ts'
import { STAGES, stageOf, waysFrom, type Stage } from './model-stages.ts'
import { RegistryDecision, type RegistryState } from './registry-decision.ts'

const MODEL = 'forward_return_30'

/** A log of one model, as the topics would hold it. */
class Log {
  readonly registry = emptyModelRegistry()
  readonly events: LoggedEvent[] = []
  nowMs = 1_000

  state(): RegistryState {
    return { registry: this.registry, history: historyOf(this.events) }
  }

  decide(work: (decision: RegistryDecision) => void, reason = 'test'): RegistryDecision {
    this.nowMs += 1_000
    const decision = new RegistryDecision(this.state(), MODEL, {
      actor: 'anna',
      reason,
      decidedAtMs: this.nowMs,
      eventTimeMs: this.nowMs / 10,
    })
    work(decision)
    for (const entry of decision.entries) applyEntry(this.registry, entry)
    for (const event of decision.events)
      this.events.push({ event, timestampMs: this.nowMs, offset: this.events.length })
    return decision
  }

  aliases(): Record<string, [string, number]> {
    return Object.fromEntries(
      ALIASES.flatMap((alias) => {
        const target = aliasTarget(this.registry, MODEL, alias)
        return target === undefined ? [] : [[alias, [target.version, target.weight]]]
      }),
    )
  }
}

const published = (count: number): Log => {
  const log = new Log()
  for (let n = 0; n < count; n += 1)
    log.decide((decision) => decision.publish(publishedModel(n).version))
  return log
}
const toChampion = (log: Log, version: string) =>
  log.decide((decision) => {
    if (stageOf(log.registry, MODEL, version) !== 'production') {
      decision.moveTo(version, 'staging')
      decision.moveTo(version, 'production')
    }
    decision.setAlias(version, 'champion')
  })

describe('stages', () => {
  it('follow their ways only, and say which there are', () => {
    for (const from of STAGES) {
      for (const to of STAGES) {
        const log = published(1)
        const way: Stage[] = from === 'production' ? ['staging', 'production'] : [from]
        for (const step of way) log.decide((decision) => decision.moveTo('1.0.0', step))
        expect(stageOf(log.registry, MODEL, '1.0.0')).toBe(from)
        const move = () => log.decide((decision) => decision.moveTo('1.0.0', to))
        if (from === to) expect(move().entries).toEqual([])
        else if (waysFrom(from).includes(to)) {
          expect(move().events).toMatchObject([{ fromStage: from, toStage: to, actor: 'anna' }])
        } else
          expect(move).toThrow(`is ${from}: from there it goes to ${waysFrom(from).join(' or ')}`)
      }
    }
    expect(waysFrom('archived')).toEqual(['staging'])
    expect(waysFrom('none')).not.toContain('production')
  })

  it('keep a champion in production until another one takes over', () => {
    const log = published(2)
    toChampion(log, '1.0.0')
    for (const to of ['archived', 'staging'] as const)
      expect(() => log.decide((decision) => decision.moveTo('1.0.0', to))).toThrow(
        'make another version champion first, or roll back',
      )
    toChampion(log, '1.1.0')
    log.decide((decision) => decision.moveTo('1.0.0', 'archived'))
    expect(stageOf(log.registry, MODEL, '1.0.0')).toBe('archived')
  })

  it('refuse a version that does not exist', () => {
    expect(() => published(1).decide((decision) => decision.moveTo('7.0.0', 'staging'))).toThrow(
      'There is no model version forward_return_30/7.0.0',
    )
  })
})

describe('aliases', () => {
  it('share the traffic between champion and challenger, and make up 1', () => {
    const log = published(3)
    toChampion(log, '1.0.0')
    log.decide((decision) => decision.moveTo('1.1.0', 'staging'))
    const decision = log.decide((each) => each.setAlias('1.1.0', 'challenger', 0.1))
    expect(log.aliases()).toEqual({ champion: ['1.0.0', 0.9], challenger: ['1.1.0', 0.1] })
    expect(decision.events.map(({ alias, weight }) => [alias, weight])).toEqual([
      ['challenger', 0.1],
      ['champion', 0.9],
    ])
    toChampion(log, '1.2.0')
    expect(log.aliases()).toEqual({ champion: ['1.2.0', 0.9], challenger: ['1.1.0', 0.1] })
    log.decide((each) => each.removeAlias('challenger'))
    expect(log.aliases()).toEqual({ champion: ['1.2.0', 1] })
  })

  it('make a challenger that wins the champion alone', () => {
    const log = published(2)
    toChampion(log, '1.0.0')
    log.decide((decision) => {
      decision.moveTo('1.1.0', 'staging')
      decision.setAlias('1.1.0', 'challenger', 0.5)
    })
    log.decide((decision) => {
      decision.moveTo('1.1.0', 'production')
      decision.setAlias('1.1.0', 'champion')
    })
    expect(log.aliases()).toEqual({ champion: ['1.1.0', 1] })
  })

  it('refuse weights that are none, stages that do not fit, and two roles of one version', () => {
    const log = published(3)
    expect(() => log.decide((each) => each.setAlias('1.1.0', 'shadow'))).toThrow(
      'is none: a shadow has to be staging or production',
    )
    log.decide((each) => each.moveTo('1.1.0', 'staging'))
    expect(() => log.decide((each) => each.setAlias('1.1.0', 'challenger', 0.1))).toThrow(
      'has no champion to challenge',
    )
    expect(() => log.decide((each) => each.setAlias('1.1.0', 'champion'))).toThrow(
      'is staging: a champion has to be production',
    )
    toChampion(log, '1.0.0')
    for (const weight of [0, 1, -0.1, 1.5, NaN, undefined])
      expect(() => log.decide((each) => each.setAlias('1.1.0', 'challenger', weight))).toThrow(
        'more than 0 and less than 1',
      )
    expect(() => log.decide((each) => each.setAlias('1.0.0', 'shadow'))).toThrow(
      'is the champion and cannot be shadow too',
    )
    expect(() => log.decide((each) => each.removeAlias('champion'))).toThrow('not taken away')
    expect(() => log.decide((each) => each.removeAlias('shadow'))).toThrow('has no shadow')
  })
})

describe('rolling back', () => {
  it('goes back one champion at a time, and to no version that never was one', () => {
    const log = published(4)
    for (const version of ['1.0.0', '1.1.0', '1.2.0']) toChampion(log, version)
    expect(() => log.decide((each) => each.rollBack('1.3.0'))).toThrow('never was champion')
    expect(() => log.decide((each) => each.rollBack('1.2.0'))).toThrow('is the champion already')
    log.decide((each) => each.rollBack())
    expect(log.aliases()['champion']).toEqual(['1.1.0', 1])
    log.decide((each) => each.rollBack())
    expect(log.aliases()['champion']).toEqual(['1.0.0', 1])
    expect(() => log.decide((each) => each.rollBack())).toThrow('no champion before 1.0.0')
    log.decide((each) => each.rollBack('1.2.0'))
    expect(log.aliases()['champion']).toEqual(['1.2.0', 1])
    expect(log.events.at(-1)?.event).toMatchObject({ kind: 'rolled_back', fromVersion: '1.0.0' })
  })

  it('refuses what was archived since', () => {
    const log = published(2)
    for (const version of ['1.0.0', '1.1.0']) toChampion(log, version)
    log.decide((each) => each.moveTo('1.0.0', 'archived'))
    expect(() => log.decide((each) => each.rollBack())).toThrow('move it to staging first')
  })
})

describe('history', () => {
  it('tells what was live at a time, by the clock of decisions and by that of the data', () => {
    const log = published(2)
    toChampion(log, '1.0.0')
    const first = log.nowMs
    toChampion(log, '1.1.0')
    log.decide((each) => each.annotate('1.1.0'), 'looks too good')
    const championAt = (ms: number, clock: 'decided' | 'data') =>
      momentAt(log.events, ms, clock).aliases.get(MODEL)?.get('champion')
    expect(championAt(first - 1, 'decided')).toBeUndefined()
    expect(championAt(first, 'decided')).toEqual({ version: '1.0.0', weight: 1, sinceMs: first })
    expect(championAt(log.nowMs, 'decided')?.version).toBe('1.1.0')
    expect(championAt(first / 10, 'data')?.version).toBe('1.0.0')
    expect(championAt(log.nowMs / 10, 'data')?.version).toBe('1.1.0')
    expect(historyOf(log.events).notes.get(`${MODEL}/1.1.0`)).toEqual([
      { text: 'looks too good', actor: 'anna', atMs: log.nowMs },
    ])
  })

  it('understands a promotion from before there were stages', () => {
    const log = published(1)
    const { event } = log.events[0]!
    log.events.push({
      event: { ...event, kind: 'promoted', decidedAtMs: null },
      timestampMs: 9_000,
      offset: 9,
    })
    expect(momentAt(log.events, 8_999, 'decided').aliases.size).toBe(0)
    expect(
      momentAt(log.events, 9_000, 'decided').aliases.get(MODEL)?.get('champion')?.version,
    ).toBe('1.0.0')
    expect(historyOf(log.events).champions.get(MODEL)).toEqual(['1.0.0'])
  })
})

const command = fc.record({
  version: fc.constantFrom('1.0.0', '1.1.0', '1.2.0', '1.3.0'),
  act: fc.constantFrom('move', 'move', 'alias', 'remove', 'rollback'),
  stage: fc.constantFrom(...STAGES),
  alias: fc.constantFrom<Alias>(...ALIASES),
  weight: fc.double({ min: 0.01, max: 0.99, noNaN: true }),
})

describe('whatever is asked for in whatever order', () => {
  it('keeps weights at 1, stages fit for aliases, and the two folds equal', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 40 }), (commands) => {
        const log = published(4)
        for (const { act, version, stage, alias, weight } of commands) {
          const before = JSON.stringify([...log.registry.aliases, ...log.registry.stages])
          try {
            log.decide((decision) => {
              if (act === 'move') decision.moveTo(version, stage)
              if (act === 'alias')
                decision.setAlias(version, alias, alias === 'challenger' ? weight : undefined)
              if (act === 'remove') decision.removeAlias(alias)
              if (act === 'rollback') decision.rollBack()
            })
          } catch (thrown) {
            expect(thrown).toMatchObject({ code: 'TRANSITION_REFUSED' })
            expect(JSON.stringify([...log.registry.aliases, ...log.registry.stages])).toBe(before)
          }
          const { champion, challenger, shadow } = log.aliases()
          const sum = (champion?.[1] ?? 0) + (challenger?.[1] ?? 0)
          expect(sum === 0 || Math.abs(sum - 1) < 1e-12).toBe(true)
          expect(shadow?.[1] ?? 0).toBe(0)
          const pointed = [champion, challenger, shadow].flatMap((each) => each?.[0] ?? [])
          expect(new Set(pointed).size).toBe(pointed.length)
          for (const [name, [target]] of Object.entries(log.aliases()))
            expect(STAGES_OF_ALIAS[name as Alias]).toContain(stageOf(log.registry, MODEL, target))
          const moment = momentAt(log.events, Infinity, 'decided')
          const told = Object.fromEntries(
            [...(moment.aliases.get(MODEL) ?? [])].map(([name, each]) => [
              name,
              [each.version, each.weight],
            ]),
          )
          expect(told).toEqual(log.aliases())
          for (const [key, at] of moment.stages)
            expect(at).toBe(stageOf(log.registry, MODEL, key.split('/')[1] ?? ''))
        }
      }),
      { numRuns: 150 },
    )
  })
})

describe('version numbers', () => {
  it('rise by a minor for the same contract, by a major for another', () => {
    const log = published(11)
    const { version } = publishedModel(0)
    expect(nextVersion(log.registry, version)).toBe('1.11.0')
    expect(nextVersion(log.registry, { ...version, featureSetFingerprint: 'other' })).toBe('2.0.0')
    expect(nextVersion(log.registry, { ...version, modelName: 'new' })).toBe('1.0.0')
    expect(['1.10.0', '2.0.0', '1.9.0'].sort(compareVersions)).toEqual(['1.9.0', '1.10.0', '2.0.0'])
  })
})
