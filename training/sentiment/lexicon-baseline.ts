/**
 * VADER (Hutto and Gilbert, 2014), a lexicon with rules, as the baseline every trained model has to
 * beat. Its three shares are of words, not of classes; by its authors' rule a text is positive from a
 * compound score of 0.05 on and negative from -0.05 down.
 */
import { createRequire } from 'node:module'

const THRESHOLD = 0.05

interface Vader {
  readonly SentimentIntensityAnalyzer: {
    readonly polarity_scores: (text: string) => { readonly compound: number }
  }
}

/** Needs the development dependency `vader-sentiment`. @returns `[positive, negative, neutral]` */
export function lexiconScores(texts: readonly string[]): Float64Array[] {
  const { SentimentIntensityAnalyzer } = createRequire(import.meta.url)('vader-sentiment') as Vader
  return texts.map((text) => {
    const { compound } = SentimentIntensityAnalyzer.polarity_scores(text)
    const strength = Math.abs(compound)
    // Neutral is likeliest exactly inside the thresholds, and positive minus negative is the score.
    const neutral = strength < THRESHOLD ? 1 : 0
    return Float64Array.of(Math.max(0, compound), Math.max(0, -compound), neutral)
  })
}
