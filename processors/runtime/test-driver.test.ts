/** Recovery as data: inputs, snapshots and crashes in any order give the bytes of a quiet run. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Candle } from '../../schemas/generated.ts'
import { candlesTopic, featuresStateTopic } from '../../streams/topics.ts'
import { out, type Processor } from './processor.ts'
import { TestDriver } from './test-driver.ts'

const SUM: Processor<Candle, { sum: number; seen: Float64Array }> = {
  name: 'sum',
  stateVersion: 1,
  input: candlesTopic,
  stateTopic: featuresStateTopic,
  keyOf: (candle) => candle.instrument,
  initial: () => ({ sum: 0, seen: new Float64Array(4) }),
  step(state, { offset, value }) {
    state.seen[offset % 4] = value.close
    state.sum += state.seen.reduce((total, close) => total + close, 0)
    return [out(candlesTopic, { ...value, close: state.sum })]
  },
}

const candle = (instrument: string, minute: number): Candle => ({
  instrument,
  openTimeMs: minute * 60_000,
  open: 1,
  high: 1,
  low: 1,
  close: minute / 3,
  volume: null,
  bidClose: null,
  askClose: null,
  bidSize: null,
  askSize: null,
  source: 'test',
  sourceLine: null,
})

type Action =
  { kind: 'send'; instrument: string; minute: number } | { kind: 'snapshot' } | { kind: 'crash' }
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('send' as const),
      instrument: fc.constantFrom('A', 'B', 'C'),
      minute: fc.nat(1_000),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'snapshot' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'crash' as const }) },
)

describe('test driver', () => {
  it('gives the same bytes however often it crashes', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 80 }), (actions) => {
        const [disturbed, quiet] = [new TestDriver(SUM), new TestDriver(SUM)]
        for (const each of actions) {
          if (each.kind === 'snapshot') disturbed.snapshot()
          else if (each.kind === 'crash') disturbed.crash()
          else
            for (const driver of [disturbed, quiet])
              driver.send(candle(each.instrument, each.minute))
        }
        expect(disturbed.bytes(candlesTopic)).toEqual(quiet.bytes(candlesTopic))
      }),
    )
  })
})
