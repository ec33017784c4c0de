/**
 * What the server writes for its callers: articles, and requests to train. Where the broker is known
 * to be away the caller hears so at once and does not wait.
 */
import type { Producer } from 'kafkajs'
import type { TrainingRequest } from '../schemas/generated.ts'
import type { Codecs } from '../streams/codec.ts'
import type { Config } from '../streams/config.ts'
import { CandlewireError, messageOf } from '../streams/errors.ts'
import type { ArticlePublisher } from '../streams/producers/article-publisher.ts'
import { trainingRequestsTopic } from '../streams/topics.ts'
import { isLoopback } from './access/access-options.ts'
import type { NewsIntake } from './http/dependencies.ts'
import type { DependencyWatch } from './stores/dependency-watch.ts'
import type { TrainingFollower } from './training-follower.ts'

export interface BrokerWritesOptions {
  readonly config: Pick<Config, 'host' | 'instrument' | 'ingestToken' | 'simulationSeed'>
  readonly codecs: Codecs
  readonly producer: Pick<Producer, 'send'>
  readonly articles: Pick<ArticlePublisher, 'publish'>
  readonly training: Pick<TrainingFollower, 'accepted'>
  readonly watch: Pick<DependencyWatch, 'stateOf'>
}

export class BrokerWrites {
  private readonly options: BrokerWritesOptions

  constructor(options: BrokerWritesOptions) {
    this.options = options
  }

  /** @throws CandlewireError BROKER_FAILED */
  async requestTraining(request: TrainingRequest): Promise<void> {
    const { codecs, producer, training } = this.options
    this.requireBroker()
    const topic = trainingRequestsTopic
    const value = codecs.of(topic).encode(request)
    try {
      const messages = [{ key: topic.keyOf(request), value }]
      await producer.send({ topic: topic.name, messages })
    } catch (thrown) {
      throw new CandlewireError('BROKER_FAILED', messageOf(thrown), { cause: thrown })
    }
    training.accepted(request)
  }

  intake(): NewsIntake {
    const { host, instrument, ingestToken, simulationSeed } = this.options.config
    return {
      publish: (news) => {
        this.requireBroker()
        return this.options.articles.publish(news)
      },
      defaultInstrument: instrument,
      simulationSeed,
      token: ingestToken,
      isLocal: isLoopback(host),
    }
  }

  private requireBroker(): void {
    const { ok, detail } = this.options.watch.stateOf('kafka')
    if (!ok) throw new CandlewireError('BROKER_FAILED', `The broker does not answer: ${detail}`)
  }
}
