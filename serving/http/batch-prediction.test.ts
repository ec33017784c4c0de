import { afterAll, describe, expect, it } from 'vitest'
import {
  BAR,
  CHAMPION,
  KNOWN,
  predict,
  testApp,
  type TestApp,
} from '../../test/support/test-app.ts'
import { testRow } from '../../test/support/vectors.ts'

let shared: TestApp | undefined
afterAll(() => shared?.close())

async function ask(payload: object) {
  shared ??= await testApp()
  return predict(shared.app, payload)
}

describe('POST /predict with an array', () => {
  it('answers each item in order; a wrong one does not spoil the others', async () => {
    const { status, body } = await ask([
      { instrument: KNOWN },
      { instrument: 'OTHER' },
      { instrument: 5 },
      { instrument: KNOWN, overrides: { retrun_1: 1 } },
      'nonsense',
      { features: { close_vwap_ratio: 2, return_1: 0.25 }, recentReturns: [0.25, 3] },
      { instrument: KNOWN, model_name: 'moon' },
    ])
    expect(status).toBe(207)
    expect(body).toMatchObject({ failed: 5 })
    const answers = body['answers'] as {
      index: number
      status: number
      prediction: { predictedReturn: number } | null
      error: { code: string; message: string } | null
    }[]
    expect(answers.map((each) => [each.index, each.status])).toEqual([
      [0, 200],
      [1, 404],
      [2, 400],
      [3, 400],
      [4, 400],
      [5, 200],
      [6, 503],
    ])
    expect(answers[0]?.prediction).toMatchObject({
      predictedReturn: CHAMPION.expected(testRow(BAR)),
      instrument: KNOWN,
    })
    expect(answers[5]?.prediction?.predictedReturn).toBe(CHAMPION.expected([2, 0.25, 3]))
    expect(answers[1]).toMatchObject({ prediction: null, error: { code: 'NOT_FOUND' } })
    expect(answers[2]?.error?.message).toBe('body/2/instrument must be string')
    expect(answers[3]?.error?.message).toContain('retrun_1; did you mean return_1?')
    expect(answers[6]?.error?.code).toBe('NO_MODEL')
  })

  it.each([
    ['an empty one', []],
    ['one of 257 items', Array.from({ length: 257 }, () => ({ instrument: KNOWN }))],
  ])('refuses %s', async (_, payload) => {
    expect(await ask(payload)).toMatchObject({
      status: 400,
      body: { error: { code: 'REQUEST_INVALID' } },
    })
  })
})

describe('POST /predict with overrides', () => {
  it('says what was replaced and what the model would say', async () => {
    const { status, body } = await ask({
      instrument: KNOWN,
      overrides: { return_1: 2, rsi_14: 80, close_vwap_ratio: null },
      model_version: '1.4.0',
    })
    expect(status).toBe(400)
    expect(JSON.stringify(body)).toContain('no answer')
    const answer = await ask({ instrument: KNOWN, overrides: { return_1: 2, rsi_14: 80 } })
    expect(answer.body).toMatchObject({
      whatIf: true,
      overridden: [
        { feature: 'return_1', from: 0.5, to: 2, isModelInput: true },
        { feature: 'rsi_14', from: null, to: 80, isModelInput: false },
      ],
      predictedReturn: CHAMPION.expected([BAR % 5, 2, BAR % 8]),
    })
    const plain = await ask({ instrument: KNOWN })
    expect(plain.body).not.toHaveProperty('whatIf')
  })

  it.each([
    ['none', { instrument: KNOWN, overrides: {} }, 'fewer than 1'],
    ['an unknown one', { instrument: KNOWN, overrides: { rsi14: 1 } }, 'did you mean rsi_14?'],
    ['text', { instrument: KNOWN, overrides: { rsi_14: '1' } }, 'number'],
    ['those of given features', { features: {}, overrides: { rsi_14: 1 } }, 'oneOf'],
  ])('refuses %s', async (_, payload, why) => {
    const { status, body } = await ask(payload)
    expect(status).toBe(400)
    expect(JSON.stringify(body)).toContain(why)
  })
})
