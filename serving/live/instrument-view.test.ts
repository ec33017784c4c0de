import { describe, expect, it } from 'vitest'
import type { Prediction } from '../../schemas/generated.ts'
import { CloseHistory } from './close-history.ts'
import { InstrumentView, type FollowedPrediction } from './instrument-view.ts'
import { LiveQuality } from './live-quality.ts'

const MINUTE_MS = 60_000

const followed = (minute: number, referenceClose = 100): FollowedPrediction => ({
  prediction: {
    eventTimeMs: minute * MINUTE_MS,
    targetTimeMs: (minute + 30) * MINUTE_MS,
    referenceClose,
    predictedReturn: 1,
  } as Prediction,
  partition: 0,
  offset: minute,
  status: 'waiting',
  realizedReturn: null,
})
const bar = (minute: number, close = 100) => ({ eventTimeMs: minute * MINUTE_MS, close })

describe('outcomes', () => {
  it('come with the bar at the target time, in either order of arrival', () => {
    const barLast = new InstrumentView()
    expect(barLast.addPrediction(followed(0))).toEqual([])
    expect(barLast.addVector(bar(29, 101))).toEqual([])
    expect(barLast.addVector(bar(30, 102))).toMatchObject([
      { status: 'realized', realizedReturn: 2.0000000000000018 },
    ])
    const barFirst = new InstrumentView()
    barFirst.addVector(bar(30, 102))
    barFirst.addVector(bar(31, 103))
    expect(barFirst.addPrediction(followed(0))).toMatchObject([
      { status: 'realized', realizedReturn: 2.0000000000000018 },
    ])
  })

  it('are absent where the session ended before the target time', () => {
    const view = new InstrumentView()
    view.addVector(bar(0))
    view.addPrediction(followed(0))
    expect(view.addVector(bar(500))).toMatchObject([{ status: 'absent', realizedReturn: null }])
  })

  it('are unknown where the bar lies before what is remembered', () => {
    const view = new InstrumentView()
    view.addVector(bar(500))
    expect(view.addPrediction(followed(0))).toMatchObject([{ status: 'unknown' }])
  })

  it('keep a bounded number of predictions, newest first', () => {
    const view = new InstrumentView()
    for (let minute = 0; minute < 30_000; minute += 1) view.addPrediction(followed(minute))
    expect(view.newestPredictions(5_000).length).toBe(3_000)
    expect(view.newestPredictions(2).map(({ offset }) => offset)).toEqual([29_999, 29_998])
  })
})

describe('the history of closes', () => {
  it('finds what it keeps after it has wrapped around, and nothing else', () => {
    const history = new CloseHistory(5)
    for (const minute of [0, 1, 2, 4, 5, 6, 9]) history.add(minute, minute * 10)
    expect([2, 4, 5, 6, 9].map((minute) => history.at(minute))).toEqual([20, 40, 50, 60, 90])
    expect([0, 1, 3, 7, 10].map((minute) => history.at(minute))).toEqual(Array(5).fill(undefined))
    expect([history.oldestMs, history.newestMs, history.size]).toEqual([2, 9, 5])
    expect(history.newest(2)).toEqual([
      [6, 60],
      [9, 90],
    ])
  })

  it('leaves out a bar that is not later than the newest', () => {
    const history = new CloseHistory(3)
    history.add(2, 1)
    history.add(2, 7)
    history.add(1, 7)
    expect([history.at(2), history.size]).toEqual([1, 1])
  })
})

describe('live quality', () => {
  it('stands beside the zero forecast on the same outcomes, per version', () => {
    const quality = new LiveQuality()
    const model = {
      modelName: 'm',
      modelVersion: '1.0.0',
      objective: 'regression',
      probability: null,
    }
    for (const [predicted, realized] of [
      [1, 3],
      [-1, 3],
      [1, 0],
    ] as const)
      quality.add({ ...model, predictedReturn: predicted }, realized)
    quality.add({ ...model, modelVersion: '1.1.0', predictedReturn: 0 }, 2)
    expect(quality.list()).toMatchObject([
      { modelVersion: '1.1.0', rmse: 2, zeroRmse: 2, directionalAccuracy: 0 },
      {
        modelVersion: '1.0.0',
        outcomes: 3,
        rmse: Math.sqrt(21 / 3),
        zeroRmse: Math.sqrt(6),
        directionalAccuracy: 0.5,
      },
    ])
  })

  it('judges a classification by its probability', () => {
    const quality = new LiveQuality()
    const sure = { modelName: 'd', modelVersion: '1.0.0', objective: 'classification' }
    quality.add({ ...sure, predictedReturn: 0, probability: 0.8 }, 2)
    quality.add({ ...sure, predictedReturn: 0, probability: 0.6 }, -1)
    const brier = (0.2 ** 2 + 0.6 ** 2) / 2
    expect(quality.list()).toMatchObject([
      { rmse: null, directionalAccuracy: 0.5, brier: expect.closeTo(brier, 12) as number },
    ])
  })
})
