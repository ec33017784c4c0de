/** The sentiment model of the settings, with the pinned encoder of the distilled one fetched if need be. */
import { openSentimentModel } from '../processors/sentiment/open-sentiment-model.ts'
import type { SentimentModel } from '../processors/sentiment/sentiment-model.ts'
import type { Config } from '../streams/config.ts'
import type { Logger } from '../streams/log.ts'
import { ensureArtefact } from './stack/artefacts.ts'

/** @throws CandlewireError as `openSentimentModel` and `ensureArtefact` */
export function openSentiment(
  config: Config,
  logger: Logger,
  signal?: AbortSignal,
): Promise<SentimentModel> {
  const options = signal === undefined ? {} : { signal }
  return openSentimentModel(config, logger, {
    ...options,
    ensureEncoder: () => ensureArtefact(config, 'sentiment-encoder', options),
  })
}
