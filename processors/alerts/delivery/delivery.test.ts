import { describe, expect, it } from 'vitest'
import type { Alert, AlertDelivery } from '../../../schemas/generated.ts'
import { ok, refuse, stall, startWebHookServer } from '../../../test/support/web-hook-server.ts'
import { raised, resolved, type AlertNotice } from '../alert.ts'
import { DeliveryError, type Channel } from '../channels/channel.ts'
import { slackChannel } from '../channels/slack-channel.ts'
import { AlertMemory, severityRank } from './alert-memory.ts'
import { messageFor } from './alert-message.ts'
import { DeliveryQueue, QUEUE_MAX } from './delivery-queue.ts'
import { OffsetTracker } from './offset-tracker.ts'
import { RetrainTrigger } from './retrain-trigger.ts'

const MINUTE_MS = 60_000
const NOW = Date.UTC(2026, 0, 5, 12)
const notice = (more: Partial<AlertNotice> = {}): AlertNotice => ({
  kind: 'lag',
  subject: 'candlewire-features',
  eventTimeMs: NOW,
  message: 'far behind',
  ...more,
})
const rules = {
  minSeverity: 'warning',
  cooldownMs: 60 * MINUTE_MS,
  maxAgeMs: 1_440 * MINUTE_MS,
  channels: ['slack'],
}
const message = messageFor({ dataDir: '/data', alertRunbookUrl: '' }, raised(notice()), '0/1/slack')

/** Decides, and notes what is delivered, as the service does. */
function decider() {
  const memory = new AlertMemory()
  const decide = (alert: Alert, minutes: number, more = {}) => {
    const now = NOW + minutes * MINUTE_MS
    const reason = memory.keptBack({ ...alert, eventTimeMs: now }, now, { ...rules, ...more })
    if (reason === undefined) memory.noteDelivery(alert, now)
    return reason ?? 'deliver'
  }
  return { memory, decide }
}

describe('whether an alert is delivered', () => {
  it('once while it fires, its end once, and again only after the cool-down', () => {
    const { decide } = decider()
    const [fire, end] = [raised(notice()), resolved(notice())]
    expect([
      decide(end, 0),
      decide(fire, 1),
      decide(fire, 2),
      decide(end, 3),
      decide(end, 4),
      decide(fire, 5),
      decide(end, 6),
      decide(fire, 61),
      decide(fire, 130),
    ]).toEqual([
      'not_firing',
      'deliver',
      'duplicate',
      'deliver',
      'not_firing',
      'cool_down',
      'not_firing',
      'deliver',
      'deliver',
    ])
  })

  it('at once if it got worse, whatever the cool-down', () => {
    const { decide } = decider()
    expect(decide(raised(notice()), 0)).toBe('deliver')
    expect(decide(raised(notice({ severity: 'critical' })), 1)).toBe('deliver')
    expect(decide(raised(notice({ severity: 'warning' })), 2)).toBe('duplicate')
  })

  it('not if it is mild, old, or nobody is there to tell', () => {
    const { decide, memory } = decider()
    expect(decide(raised(notice({ severity: 'info' })), 0)).toBe('below_severity')
    expect(memory.keptBack(raised(notice()), NOW + 1_441 * MINUTE_MS, rules)).toBe('too_old')
    expect(decide(raised(notice()), 0, { channels: [] })).toBe('no_channel')
  })

  it('of what happened and is not ended by anybody, after the cool-down', () => {
    const { decide } = decider()
    const event = raised(notice({ kind: 'model_refused', subject: 'm' }))
    expect([decide(event, 0), decide(event, 30), decide(event, 60)]).toEqual([
      'deliver',
      'cool_down',
      'deliver',
    ])
  })

  it('again if the first time reached nobody', () => {
    const { decide, memory } = decider()
    expect(decide(raised(notice()), 0)).toBe('deliver')
    memory.forget(raised(notice()))
    expect(decide(raised(notice()), 1)).toBe('deliver')
  })

  it('as before a restart, by the records', () => {
    const { memory, decide } = decider()
    const delivery: AlertDelivery = {
      ...raised(notice()),
      channel: 'slack',
      outcome: 'delivered',
      attempts: 1,
      detail: '',
      idempotenceKey: 'k',
      sentAtMs: NOW,
      sourcePartition: 2,
      sourceOffset: 7,
    }
    memory.apply(delivery)
    memory.apply({ ...delivery, fingerprint: 'other', outcome: 'failed', sourceOffset: 8 })
    expect([...memory.doneBy(2, 7)]).toEqual(['slack'])
    expect([...memory.doneBy(2, 9)]).toEqual([])
    expect(decide(raised(notice()), 5)).toBe('duplicate')
    expect(decide(resolved(notice()), 6)).toBe('deliver')
  })

  it('with a bounded memory', () => {
    const { decide } = decider()
    for (let at = 0; at < 10_001; at += 1) decide(raised(notice({ subject: `s${at}` })), 0)
    expect(decide(raised(notice({ subject: 's0' })), 1)).toBe('deliver')
    expect(decide(raised(notice({ subject: 's10000' })), 1)).toBe('duplicate')
  })

  it('takes an unknown severity for the mildest', () => {
    expect([severityRank('critical'), severityRank('what')]).toEqual([2, 0])
  })
})

const queueOf = (send: Channel['send'], attempts = 3, timeoutMs = 100) =>
  new DeliveryQueue({
    channel: { name: 'slack', send, close: () => undefined },
    attempts,
    timeoutMs,
    firstWaitMs: 1,
  })

describe('a queue', () => {
  it('tries again, waits as it is asked to, and says how often', async () => {
    const server = await startWebHookServer(
      refuse(500),
      refuse(429, { 'retry-after': '1' }),
      stall,
      ok,
    )
    const slack = slackChannel({ alertSlackWebhookUrl: server.url })!
    const queue = queueOf(slack.send, 5, 500)
    expect(await queue.deliver(message)).toEqual({
      outcome: 'delivered',
      attempts: 4,
      detail: '',
    })
    const [, second, third] = server.posts
    expect(third!.atMs - second!.atMs).toBeGreaterThan(990)
    await queue.stop()
    await server.close()
  })

  it('gives up after the last attempt, or at once what cannot succeed', async () => {
    let tries = 0
    const failing = queueOf(() => {
      tries += 1
      return Promise.reject(new Error('away'))
    })
    expect(await failing.deliver(message)).toEqual({
      outcome: 'failed',
      attempts: 3,
      detail: 'away',
    })
    expect(tries).toBe(3)
    const refused = queueOf(() =>
      Promise.reject(new DeliveryError('HTTP 404', { retryable: false })),
    )
    expect(await refused.deliver(message)).toMatchObject({ outcome: 'failed', attempts: 1 })
  })

  it('holds a bounded number, in order, and lets go of all of it at a stop', async () => {
    const queue = queueOf(
      (_, signal) => {
        return new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new Error('aborted')))
        })
      },
      1_000,
      60_000,
    )
    const results = Array.from({ length: QUEUE_MAX + 1 }, () => queue.deliver(message))
    expect(await results.at(-1)).toMatchObject({ outcome: 'overloaded' })
    expect(queue.length).toBe(QUEUE_MAX)
    await queue.stop()
    expect(await Promise.all(results.slice(0, -1))).toEqual(Array(QUEUE_MAX).fill(undefined))
  })
})

describe('what may be committed', () => {
  it('is everything before the oldest alert under way', () => {
    const tracker = new OffsetTracker()
    expect(tracker.committable).toBeUndefined()
    for (const offset of [4, 5, 9]) tracker.begin(offset)
    expect(tracker.committable).toBe(4)
    tracker.done(5)
    expect(tracker.committable).toBe(4)
    tracker.done(4)
    expect(tracker.committable).toBe(9)
    tracker.done(9)
    expect(tracker.committable).toBe(10)
  })
})

describe('a message', () => {
  it('has one key for every attempt of an alert through a channel, and another for every other', () => {
    const keyOf = (place: string, alert = raised(notice())) =>
      messageFor({ dataDir: '/d', alertRunbookUrl: '' }, alert, place).idempotenceKey
    const keys = [keyOf('0/1/slack'), keyOf('0/1/email'), keyOf('0/2/slack')]
    expect(new Set([...keys, keyOf('0/1/slack', resolved(notice()))]).size).toBe(4)
    expect(keyOf('0/1/slack')).toBe(keys[0])
  })

  it('attaches a report of its folder, and no other file', () => {
    const pathOf = (reportFile: string) =>
      messageFor({ dataDir: '/d', alertRunbookUrl: '' }, raised(notice({ reportFile })), 'x')
        .reportPath
    expect(pathOf('drift-1.html')).toBe('/d/reports/drift-1.html')
    for (const bad of ['../key.html', '/etc/passwd', 'a/b.html', 'report.txt', ''])
      expect(pathOf(bad)).toBeUndefined()
  })
})

describe('a training', () => {
  const trigger = () =>
    new RetrainTrigger({
      kinds: ['drift', 'degradation'],
      cooldownMs: 60 * MINUTE_MS,
      modelName: 'forward_return_30',
    })
  const degraded = raised(notice({ kind: 'degradation', identity: { model: 'direction_60' } }))

  it('is asked for by the kinds that are configured, for the model the alert names', () => {
    expect(trigger().requestFor(degraded, NOW)).toMatchObject({
      trigger: 'degradation',
      actor: 'alerts',
      modelName: 'direction_60',
      objective: 'classification',
      horizonMinutes: 60,
    })
    expect(trigger().requestFor(raised(notice({ kind: 'drift' })), NOW)).toMatchObject({
      modelName: 'forward_return_30',
      objective: 'regression',
      horizonMinutes: 30,
    })
    expect(trigger().requestFor(raised(notice()), NOW)).toBeUndefined()
    expect(trigger().requestFor({ ...degraded, state: 'resolved' }, NOW)).toBeUndefined()
  })

  it('is asked for once in a while, a restart included, under one id', () => {
    const one = trigger()
    const request = one.requestFor(degraded, NOW)!
    one.apply(request)
    expect(one.requestFor(degraded, NOW + 59 * MINUTE_MS)).toBeUndefined()
    expect(one.requestFor(degraded, NOW + 60 * MINUTE_MS)).toBeDefined()
    const other = trigger()
    expect(other.requestFor(degraded, NOW + 5)?.requestId).toBe(request.requestId)
    other.apply(request)
    expect(other.requestFor(degraded, NOW + MINUTE_MS)).toBeUndefined()
    // Somebody else's requests are none of its business.
    const third = trigger()
    third.apply({ ...request, actor: 'somebody' })
    expect(third.requestFor(degraded, NOW + MINUTE_MS)).toBeDefined()
  })
})
