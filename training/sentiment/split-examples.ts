/**
 * Which examples are trained on, which choose between settings, and which are looked at once.
 *
 * Headlines are split by time, so that the figures are those of months that came later. The same
 * story runs under the same headline more than once; one that was trained on is left out of what
 * comes after it. Labelled sentences carry no time and are split by a digest of their words, so a
 * sentence stays on its side whatever else is in the file.
 */
import { createHash } from 'node:crypto'
import type { SentimentExample } from './sentiment-examples.ts'

export interface Split {
  readonly train: readonly SentimentExample[]
  readonly validation: readonly SentimentExample[]
  readonly holdOut: readonly SentimentExample[]
}

/** Tenths of the labelled sentences: 0 to 5 train, 6 and 7 validate, 8 and 9 are held out. */
const [TRAIN_TENTHS, VALIDATION_TENTHS] = [6, 2]

/** @param fromMonth first months of validation and hold-out, for example `2023-09` */
export function splitByTime(
  examples: readonly SentimentExample[],
  fromMonth: { readonly validation: string; readonly holdOut: string },
): Split {
  const train = distinct(examples.filter(({ month }) => month < fromMonth.validation))
  const later = examples.filter(({ month }) => month >= fromMonth.validation)
  const known = new Set(train.map(({ text }) => words(text)))
  const fresh = distinct(later.filter(({ text }) => !known.has(words(text))))
  return {
    train,
    validation: fresh.filter(({ month }) => month < fromMonth.holdOut),
    holdOut: fresh.filter(({ month }) => month >= fromMonth.holdOut),
  }
}

export function splitByDigest(examples: readonly SentimentExample[]): Split {
  const tenth = ({ text }: SentimentExample): number =>
    createHash('sha256').update(words(text)).digest().readUInt32BE(0) % 10
  const all = distinct(examples)
  return {
    train: all.filter((example) => tenth(example) < TRAIN_TENTHS),
    validation: all.filter(
      (example) =>
        tenth(example) >= TRAIN_TENTHS && tenth(example) < TRAIN_TENTHS + VALIDATION_TENTHS,
    ),
    holdOut: all.filter((example) => tenth(example) >= TRAIN_TENTHS + VALIDATION_TENTHS),
  }
}

/** The first of each text. */
function distinct(examples: readonly SentimentExample[]): SentimentExample[] {
  const seen = new Set<string>()
  return examples.filter(({ text }) => {
    const key = words(text)
    return !seen.has(key) && seen.add(key)
  })
}

/** Letters and digits in lower case: punctuation and spacing do not make another headline. */
const words = (text: string): string =>
  text
    .toLowerCase()
    .match(/[\p{L}\p{N}]+/gu)
    ?.join(' ') ?? ''
