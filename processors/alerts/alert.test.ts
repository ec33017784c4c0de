import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { offlineCodecs } from '../../streams/codec.ts'
import { createLogger } from '../../streams/log.ts'
import { alertsTopic, ALL_TOPICS } from '../../streams/topics.ts'
import { ALERT_KINDS, isAlertKind, runbookOf, type AlertKind } from './alert-kinds.ts'
import { AlertPublisher } from './alert-publisher.ts'
import { fingerprintOf, raise, raised, resolved } from './alert.ts'

const ROOT = join(import.meta.dirname, '../..')
const KINDS = Object.keys(ALERT_KINDS) as AlertKind[]
const notice = {
  kind: 'drift',
  subject: 'SPX500_USD',
  identity: { model: 'forward_return_30', version: '1.2.0' },
  eventTimeMs: 1_700_000_000_000,
  message: '41 % of the features have drifted.',
} as const

describe('an alert', () => {
  it('has one fingerprint, raised or resolved, whatever it says and in whatever order', () => {
    const end = resolved({
      ...notice,
      identity: { version: '1.2.0', model: 'forward_return_30' },
      message: 'Over.',
      eventTimeMs: 1,
      severity: 'info',
      labels: { share: '0.1' },
    })
    expect(end.fingerprint).toBe(raised(notice).fingerprint)
    expect(end.fingerprint).toMatch(/^[0-9a-f]{16}$/)
  })

  it('is another one if kind, subject or identity differ', () => {
    const others = [
      fingerprintOf(notice),
      fingerprintOf({ ...notice, kind: 'degradation' }),
      fingerprintOf({ ...notice, subject: 'EUR_USD' }),
      fingerprintOf({ ...notice, identity: { ...notice.identity, version: '1.3.0' } }),
      fingerprintOf({ kind: notice.kind, subject: notice.subject }),
      // Parts must not run into each other.
      fingerprintOf({ kind: 'drift', subject: 'a', identity: { b: 'c","d' } }),
      fingerprintOf({ kind: 'drift', subject: 'a', identity: { b: 'c', d: '' } }),
    ]
    expect(new Set(others).size).toBe(others.length)
  })

  it('takes severity and runbook from its kind and shows its identity among the labels', () => {
    expect(raise({ ...notice, labels: { share: '0.41' } })).toMatchObject({
      topic: alertsTopic,
      value: {
        state: 'firing',
        severity: 'warning',
        runbook: 'docs/runbooks/drift.md',
        labels: { share: '0.41', model: 'forward_return_30', version: '1.2.0' },
        value: null,
        expectedFalseAlarms: null,
      },
    })
    expect(raised({ ...notice, severity: 'critical' }).severity).toBe('critical')
  })

  it.each(KINDS)('of kind %s has a runbook and survives the wire', (kind) => {
    expect(existsSync(join(ROOT, runbookOf(kind)))).toBe(true)
    const codec = offlineCodecs(ALL_TOPICS).of(alertsTopic)
    const alert = raised({ ...notice, kind, value: 0.41, threshold: 0.3, reportFile: 'a.html' })
    expect(codec.decode(codec.encode(alert))).toEqual(alert)
  })

  it('knows its kinds', () => {
    expect(['drift', 'toString', ''].map(isAlertKind)).toEqual([true, false, false])
  })
})

describe('publishing', () => {
  const logger = createLogger({ logLevel: 'silent' } as never, 'test')

  it('sends under the subject and says when the broker has not got it', async () => {
    const sent: { topic: string; messages: { key?: unknown }[] }[] = []
    const send = (record: never) => {
      sent.push(record)
      return sent.length === 1 ? Promise.resolve([]) : Promise.reject(new Error('away'))
    }
    const publisher = new AlertPublisher({ send }, offlineCodecs(ALL_TOPICS), logger)
    expect(await publisher.publish(raised(notice))).toBe(true)
    expect(await publisher.publish(raised(notice))).toBe(false)
    expect(sent[0]).toMatchObject({ topic: 'alerts.v1', messages: [{ key: 'SPX500_USD' }] })
  })
})
