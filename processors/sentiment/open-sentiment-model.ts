/** Decides which sentiment model is used. */
import type { Config } from '../../streams/config.ts'
import { CandlewireError } from '../../streams/errors.ts'
import type { Logger } from '../../streams/log.ts'
import { openDistilled } from './distilled/open-distilled.ts'
import { openFinbert, type FinbertConfig } from './finbert/open-finbert.ts'
import type { SentimentModel } from './sentiment-model.ts'

export type SentimentConfig = FinbertConfig & Pick<Config, 'sentimentModel'>

export interface SentimentOptions {
  /** Folder of the distilled model's encoder, fetched if need be; called only if that model is used. */
  readonly ensureEncoder: () => Promise<string>
  readonly signal?: AbortSignal
}

/** `auto` must not hold up a start without a network; who asks for FinBERT can wait for a slow hub. */
const AUTO_ANSWER_MS = 4_000
const ANSWER_MS = 20_000

/**
 * `finbert`, `distilled`, or with `auto` FinBERT if its files are there or can be fetched, else the
 * distilled model, with the reason in the log.
 *
 * @throws CandlewireError SENTIMENT_MODEL_REFUSED if files are missing or wrong;
 *   SENTIMENT_MODEL_UNREACHABLE if `finbert` is asked for and cannot be fetched
 */
export async function openSentimentModel(
  config: SentimentConfig,
  logger: Logger,
  options: SentimentOptions,
): Promise<SentimentModel> {
  const finbert = config.sentimentModel === 'distilled' ? undefined : tryFinbert
  const model =
    (await finbert?.(config, logger, options)) ??
    (await openDistilled(await options.ensureEncoder(), { config, logger }))
  const { name, sha256 } = model
  logger.info({ model: name, sha256, setting: config.sentimentModel }, 'Sentiment model is in use')
  return model
}

/** @returns undefined if it cannot be used and `auto` allows another */
async function tryFinbert(
  config: SentimentConfig,
  logger: Logger,
  options: SentimentOptions,
): Promise<SentimentModel | undefined> {
  const isAuto = config.sentimentModel === 'auto'
  try {
    return await openFinbert(config, {
      logger,
      answerTimeoutMs: isAuto ? AUTO_ANSWER_MS : ANSWER_MS,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    })
  } catch (thrown) {
    if (!isAuto || !(thrown instanceof CandlewireError)) throw thrown
    const { code, message: reason } = thrown
    logger.warn({ code, reason }, 'FinBERT cannot be used, the distilled model takes its place')
    return undefined
  }
}
