/**
 * `npm run train:sentiment -- --data FOLDER`: trains the head of the distilled sentiment model on the
 * headlines of a folder and writes it with its report beside the code that uses it. The same files
 * give the same bytes. FOLDER holds `headlines*.csv.gz` (with FinBERT's probabilities) and
 * `sentfin*.csv.gz` (labelled by people).
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { HEAD_FILE } from '../processors/sentiment/distilled/open-distilled.ts'
import { headFile, type SentimentHead } from '../processors/sentiment/distilled/sentiment-head.ts'
import { ENCODER_FILES, LAYER_WIDTH } from '../processors/sentiment/distilled/text-encoder.ts'
import { loadConfig } from '../streams/config.ts'
import { reportDocument, type Evaluation } from '../training/sentiment/head-report.ts'
import { lexiconScores } from '../training/sentiment/lexicon-baseline.ts'
import {
  readLabelledSentences,
  readScoredHeadlines,
  type SentimentExample,
} from '../training/sentiment/sentiment-examples.ts'
import { splitByDigest, splitByTime } from '../training/sentiment/split-examples.ts'
import { textFeatures } from '../training/sentiment/text-features.ts'
import {
  classShares,
  LABEL_WEIGHT,
  NETWORKS,
  PERCEPTRON,
  POOLS,
  predictAll,
  trainHead,
} from '../training/sentiment/train-head.ts'
import { projectRoot } from './project-root.ts'
import { ensureArtefact } from './stack/artefacts.ts'

const { values: options } = parseArgs({
  options: {
    data: { type: 'string' },
    /** First months of validation and of the hold-out. */
    validation: { type: 'string', default: '2023-09' },
    'hold-out': { type: 'string', default: '2024-07' },
    out: { type: 'string', default: HEAD_FILE },
    report: { type: 'string', default: HEAD_FILE.replace(/head\.bin$/, 'training-report.md') },
  },
})
if (options.data === undefined) {
  console.error('Usage: npm run train:sentiment -- --data FOLDER [--out FILE] [--report FILE]')
  process.exit(2)
}
const folder = options.data
const config = loadConfig(process.env)
const say = (line: string): void => console.error(line)

const fileLike = (pattern: RegExp): string => {
  const name = readdirSync(folder).find((entry) => pattern.test(entry))
  if (name === undefined) throw new Error(`${folder} has no file ${pattern.source}`)
  return join(folder, name)
}
const sha256Of = (path: string): string =>
  createHash('sha256').update(readFileSync(path)).digest('hex')

const scoredFile = fileLike(/^headlines.*\.csv(\.gz)?$/)
const labelledFile = fileLike(/^sentfin.*\.csv(\.gz)?$/)
const headlines = splitByTime(await readScoredHeadlines(scoredFile), {
  validation: options.validation,
  holdOut: options['hold-out'],
})
const sentences = splitByDigest(await readLabelledSentences(labelledFile))
const encoderFolder = await ensureArtefact(config, 'sentiment-encoder')
const encoder = {
  encoderSha256: sha256Of(join(encoderFolder, ENCODER_FILES.model)),
  tokenizerSha256: sha256Of(join(encoderFolder, ENCODER_FILES.tokenizer)),
}

const parts = [
  headlines.train,
  sentences.train,
  headlines.validation,
  headlines.holdOut,
  sentences.validation,
  sentences.holdOut,
]
const features = await textFeatures(
  parts.flat().map(({ text }) => text),
  {
    encoderFolder,
    encoderSha256: encoder.encoderSha256,
    pools: POOLS,
    cacheFolder: join(projectRoot, 'data', 'cache'),
    threads: config.trainingThreads,
    onProgress: (done, total) => say(`encoded ${done} of ${total} texts`),
  },
)
const width = POOLS.length * LAYER_WIDTH
const rowOf = new Map(parts.flat().map((example, row) => [example, row]))
function featuresOf(examples: readonly SentimentExample[]): Float32Array {
  const chosen = new Float32Array(examples.length * width)
  examples.forEach((example, row) => {
    const from = (rowOf.get(example) ?? NaN) * width
    chosen.set(features.subarray(from, from + width), row * width)
  })
  return chosen
}

function fit(
  name: string,
  scored: readonly SentimentExample[],
  labelled: readonly SentimentExample[],
): SentimentHead {
  return trainHead({
    scored,
    labelled,
    features: featuresOf([...scored, ...labelled]),
    seed: config.trainingSeed,
    encoder,
    onNetwork: (done, total) => say(`${name}: trained network ${done} of ${total}`),
  })
}

function evaluate(
  name: string,
  head: SentimentHead,
  examples: readonly SentimentExample[],
): Evaluation {
  return {
    name,
    examples,
    models: {
      distilled: predictAll(head, featuresOf(examples)),
      'VADER (vader-sentiment 1.1.3)': lexiconScores(examples.map(({ text }) => text)),
      'class shares': examples.map(() => classShares(headlines.train)),
    },
  }
}

// Three heads by one recipe, each learning from all that lies before what it is for: one to choose the
// settings, one to be measured on the hold-out, and the one that is used, on every article to come.
const chosen = fit('validation', headlines.train, sentences.train)
const measured = fit(
  'hold-out',
  [...headlines.train, ...headlines.validation],
  [...sentences.train, ...sentences.validation],
)
const used = fit(
  'used',
  [...headlines.train, ...headlines.validation, ...headlines.holdOut],
  [...sentences.train, ...sentences.validation, ...sentences.holdOut],
)
const file = headFile(used)
const months = { from: options.validation, to: options['hold-out'] }
const report = reportDocument({
  facts: [
    ['headlines', `sha256 ${sha256Of(scoredFile)}`],
    ['labelled sentences', `sha256 ${sha256Of(labelledFile)}`],
    [
      'settings chosen on',
      `${headlines.validation.length} headlines from ${months.from} and ${sentences.validation.length} labelled sentences, ` +
        `trained on ${headlines.train.length} earlier headlines and ${sentences.train.length} other sentences`,
    ],
    [
      'measured on',
      `headlines from ${months.to} and two tenths of the labelled sentences, trained on all before and all others; ` +
        'texts that occur before are left out of all later parts',
    ],
    [
      'head in use',
      'trained by the same recipe on everything, the hold-out included: nothing is left to measure it on, the figures are those of the head before',
    ],
    ['encoder', `sha256 ${encoder.encoderSha256}`],
    ['tokenizer', `sha256 ${encoder.tokenizerSha256}`],
    ['features', POOLS.join(', ')],
    [
      'networks',
      `${NETWORKS}, ${JSON.stringify(PERCEPTRON)}, weight of a label ${LABEL_WEIGHT}, seed ${config.trainingSeed}`,
    ],
    [
      'head in use',
      `${file.length} bytes, sha256 ${createHash('sha256').update(file).digest('hex')}`,
    ],
    ['made with', `Node ${process.version} on ${process.arch}`],
  ],
  evaluations: [
    evaluate('Validation: later months, against FinBERT', chosen, headlines.validation),
    evaluate('Validation: labelled sentences', chosen, sentences.validation),
    evaluate('Hold-out: later months, against FinBERT', measured, headlines.holdOut),
    evaluate('Hold-out: labelled sentences', measured, sentences.holdOut),
  ],
})
writeFileSync(options.out, file)
writeFileSync(options.report, report)
console.log(report)
