/** Feature vectors of a walk, by the steps of the features processor, ending a few minutes ago. */
import { writeFileSync } from 'node:fs'
import { featuresProcessor } from '../../processors/features/features-processor.ts'
import { everyInstrument } from '../../processors/instruments/instruments.ts'
import { KeyedState } from '../../processors/runtime/keyed-state.ts'
import type { Features } from '../../schemas/generated.ts'
import type { Config } from '../../streams/config.ts'
import { readCandleFile } from '../../streams/sources/candle-file.ts'
import { candlesTopic, featuresTopic } from '../../streams/topics.ts'

const MINUTE_MS = 60_000

/** @param file where the candles are written. @param untilMs close of the last candle. */
export async function walkedVectors(
  config: Config,
  { file, instrument, bars, untilMs }: WalkedVectorsOptions,
): Promise<Features[]> {
  writeFileSync(file, walk(bars, untilMs - bars * MINUTE_MS))
  const features = new KeyedState(featuresProcessor(everyInstrument(config)))
  const vectors: Features[] = []
  let offset = 0
  for await (const rows of readCandleFile({ path: file, instrument, format: 'csv' })) {
    for (const row of rows) {
      if (row.kind !== 'candle') continue
      const record = { topic: candlesTopic.name, partition: 0, offset: offset++ }
      for (const made of features.apply({ ...record, value: row.candle }))
        if (made.topic === featuresTopic) vectors.push(made.value as Features)
    }
  }
  return vectors
}

export interface WalkedVectorsOptions {
  readonly file: string
  readonly instrument: string
  readonly bars: number
  readonly untilMs: number
}

/** One candle a minute, the same at every run. */
function walk(bars: number, fromMs: number): string {
  const lines = ['timestamp,open,high,low,close,volume']
  let state = 1
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
  let price = 5_000
  for (let bar = 0; bar < bars; bar += 1) {
    const open = price
    price += (next() - 0.5) * 2
    const [high, low] = [Math.max(open, price) + next(), Math.min(open, price) - next()]
    const prices = [open, high, low, price].map((value) => value.toFixed(2))
    lines.push([fromMs + bar * MINUTE_MS, ...prices, Math.floor(next() * 500)].join())
  }
  return lines.join('\n') + '\n'
}
