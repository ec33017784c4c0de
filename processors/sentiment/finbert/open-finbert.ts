/** Opens FinBERT: from the folder that is set, as fetched before, or fetched from the hub now. */
import { resolve } from 'node:path'
import type { Config } from '../../../streams/config.ts'
import { CandlewireError } from '../../../streams/errors.ts'
import type { Logger } from '../../../streams/log.ts'
import { openPooledModel } from '../pooled-model.ts'
import type { SentimentModel } from '../sentiment-model.ts'
import { cacheFolder, digestOfFiles, finbertFiles, missingFile } from './finbert-files.ts'
import { downloadFromHub } from './hub-download.ts'

export type FinbertConfig = Pick<
  Config,
  | 'dataDir'
  | 'sentimentModelDir'
  | 'sentimentModelId'
  | 'sentimentPrecision'
  | 'sentimentHubUrl'
  | 'sentimentThreads'
  | 'sentimentTimeoutMs'
>

export interface FinbertOptions {
  readonly logger: Logger
  /** Longest wait for the hub's answers, in ms. */
  readonly answerTimeoutMs: number
  readonly signal?: AbortSignal
}

/** A line that gives nothing for this long is dead. */
const SILENCE_MS = 30_000

/** @throws CandlewireError SENTIMENT_MODEL_REFUSED, SENTIMENT_MODEL_UNREACHABLE */
export async function openFinbert(
  config: FinbertConfig,
  options: FinbertOptions,
): Promise<SentimentModel> {
  const precision = config.sentimentPrecision
  const folder = await filesOf(config, options)
  return openPooledModel({
    name: 'finbert',
    sha256: await digestOfFiles(folder, finbertFiles(precision)),
    work: { kind: 'finbert', folder, precision },
    config,
    logger: options.logger,
  })
}

async function filesOf(config: FinbertConfig, options: FinbertOptions): Promise<string> {
  const precision = config.sentimentPrecision
  if (config.sentimentModelDir !== '') {
    const folder = resolve(config.sentimentModelDir)
    const missing = missingFile(folder, precision)
    if (missing === undefined) return folder
    throw new CandlewireError('SENTIMENT_MODEL_REFUSED', `${folder} has no ${missing}`)
  }
  const folder = cacheFolder(config)
  if (missingFile(folder, precision) === undefined) return folder
  const { sentimentHubUrl: hubUrl, sentimentModelId: modelId } = config
  options.logger.info({ hubUrl, modelId, folder }, 'Fetching FinBERT')
  await downloadFromHub({
    hubUrl,
    modelId,
    files: finbertFiles(precision),
    folder,
    answerTimeoutMs: options.answerTimeoutMs,
    silenceTimeoutMs: SILENCE_MS,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  })
  options.logger.info({ folder }, 'Fetched FinBERT')
  return folder
}
