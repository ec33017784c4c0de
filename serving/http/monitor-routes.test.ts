import fastify from 'fastify'
import { describe, expect, it } from 'vitest'
import { raised, resolved, type AlertNotice } from '../../processors/alerts/alert.ts'
import type { AlertDelivery, ModelQuality } from '../../schemas/generated.ts'
import { testMonitor } from '../../test/support/test-monitor.ts'
import type { AppDependencies } from './dependencies.ts'
import { answerErrors, errorSchema } from './error-answers.ts'
import { monitorRoutes } from './monitor-routes.ts'

function setUp() {
  const monitor = testMonitor()
  const app = fastify({ ajv: { customOptions: { coerceTypes: false } } })
  app.addSchema(errorSchema)
  answerErrors(app)
  monitorRoutes(app, { monitor } as unknown as AppDependencies)
  const get = async (url: string) => {
    const response = await app.inject({ url })
    return { status: response.statusCode, body: response.json<Record<string, unknown>>() }
  }
  return { ...monitor, get }
}

const quality = (more: Partial<ModelQuality>): ModelQuality =>
  ({
    instrument: 'A',
    modelName: 'm',
    modelVersion: '1.0.0',
    windowMinutes: 60,
    eventTimeMs: 1,
    rmse: 0.15,
    zeroRmse: 0.14,
    brier: null,
    ...more,
  }) as ModelQuality

describe('quality', () => {
  it('is the newest of each version and window, beside the zero forecast', async () => {
    const { quality: board, get } = setUp()
    board.add(quality({ rmse: 9 }))
    board.add(quality({ windowMinutes: 1_440, eventTimeMs: 5 }))
    board.add(quality({ eventTimeMs: 5 }))
    board.add(quality({ modelVersion: '1.1.0', eventTimeMs: 4 }))
    board.add(quality({ instrument: 'B' }))
    const { status, body } = await get('/monitor/A/quality')
    expect(status).toBe(200)
    expect(body['quality']).toMatchObject([
      { modelVersion: '1.0.0', windowMinutes: 60, rmse: 0.15, zeroRmse: 0.14, brier: null },
      { modelVersion: '1.0.0', windowMinutes: 1_440 },
      { modelVersion: '1.1.0', windowMinutes: 60 },
    ])
  })

  it('is not there for what was never judged, nor for a name that is none', async () => {
    const { get } = setUp()
    expect((await get('/monitor/XAU_USD/quality')).status).toBe(404)
    expect((await get('/monitor/a%20b/quality')).status).toBe(400)
  })
})

const notice = (subject: string, eventTimeMs: number): AlertNotice => ({
  kind: 'lag',
  subject,
  eventTimeMs,
  message: 'far behind',
})
const place = (offset: number) => ({ partition: 0, offset })

describe('alerts', () => {
  it('are shown as they are now, firing ones first, with what became of telling people', async () => {
    const { alerts, get } = setUp()
    alerts.take(raised(notice('old', 1)), place(0))
    alerts.take(raised(notice('over', 2)), place(1))
    alerts.take(raised({ ...notice('refused', 9), kind: 'model_refused' }), place(2))
    alerts.take(resolved(notice('over', 3)), place(3))
    alerts.take(resolved(notice('never fired', 4)), place(4))
    alerts.take(raised(notice('old', 5)), place(5))
    const delivery: AlertDelivery = {
      ...raised(notice('old', 5)),
      channel: 'slack',
      outcome: 'delivered',
      attempts: 2,
      detail: '',
      idempotenceKey: 'k',
      sentAtMs: 7,
      sourcePartition: 0,
      sourceOffset: 5,
    }
    alerts.deliver({ ...delivery, sourceOffset: 0 })
    alerts.deliver(delivery)
    const { body } = await get('/alerts')
    expect(body).toMatchObject({
      firing: 1,
      alerts: [
        {
          subject: 'old',
          state: 'firing',
          sinceMs: 1,
          eventTimeMs: 5,
          deliveries: [{ channel: 'slack', outcome: 'delivered', attempts: 2 }],
        },
        { subject: 'refused', state: 'event' },
        { subject: 'over', state: 'resolved', sinceMs: 2, eventTimeMs: 3 },
      ],
    })
    expect((await get('/alerts?state=resolved')).body['alerts']).toMatchObject([
      { subject: 'over' },
    ])
    expect((await get('/alerts?limit=1')).body['alerts']).toHaveLength(1)
    expect((await get('/alerts?state=what')).status).toBe(400)
  })
})
