import fastify from 'fastify'
import { expect, it } from 'vitest'
import { started } from '../../processors/runs/run-records.ts'
import { testTraining } from '../../test/support/test-training.ts'
import { answerErrors, errorSchema } from './error-answers.ts'
import { trainingRoutes } from './training-routes.ts'

function server() {
  const training = testTraining()
  const app = fastify({
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, allowUnionTypes: true } },
  })
  app.addSchema(errorSchema)
  answerErrors(app)
  trainingRoutes(app, { training, intake: { token: 'secret', isLocal: false } })
  const retrain = (payload: object, headers: Record<string, string> = {}) =>
    app.inject({
      ...{ method: 'POST', url: '/retrain', payload },
      headers: { authorization: 'Bearer secret', ...headers },
    })
  return { app, training, retrain }
}

it('asks once per idempotency key, and tells where the run stands', async () => {
  const { app, training, retrain } = server()
  const first = await retrain({ horizonMinutes: 60 }, { 'idempotency-key': 'monday' })
  expect(first.statusCode).toBe(202)
  const { task_id: id, status_url: url } = first.json<{ task_id: string; status_url: string }>()
  const again = await retrain({ horizonMinutes: 60 }, { 'idempotency-key': 'monday' })
  expect(again.json()).toEqual(first.json())
  expect(training.published).toMatchObject([
    { requestId: id, modelName: 'forward_return_60', trigger: 'manual' },
  ])
  const other = await retrain({ horizonMinutes: 30 }, { 'idempotency-key': 'monday' })
  expect(other.statusCode).toBe(400)
  expect((await app.inject(url)).json()).toMatchObject({
    task_id: id,
    status: 'queued',
    attempt: 0,
  })
  training.ledger.applyRun(started(training.ledger.of(id)!, 'host:1', 5))
  expect((await app.inject(url)).json()).toMatchObject({ status: 'running', runner: 'host:1' })
  expect((await app.inject('/runs?limit=1')).json()).toMatchObject({ runs: [{ runId: id }] })
})

it('refuses strangers, what it does not know, and bodies that ask for nothing there is', async () => {
  const { app, training, retrain } = server()
  expect((await retrain({}, { authorization: 'Bearer wrong' })).statusCode).toBe(403)
  expect((await retrain({}, { origin: 'http://elsewhere.example' })).statusCode).toBe(403)
  for (const body of [
    { horizonMinutes: 45 },
    { objective: 'luck' },
    { instrument: '../x' },
    { x: 1 },
  ])
    expect((await retrain(body)).statusCode).toBe(400)
  expect(training.published).toEqual([])
  expect((await app.inject('/status/none')).statusCode).toBe(404)
  expect((await retrain({ objective: 'classification' })).statusCode).toBe(202)
  expect(training.published).toMatchObject([{ modelName: 'direction_30' }])
})
