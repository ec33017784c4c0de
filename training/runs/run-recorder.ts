/**
 * Records a run that its own process runs (a terminal, the first training of `npm start`): one
 * producer, one run, so its records need no fencing. A record at least every five seconds is the sign
 * of life; the scheduler closes a run that has been silent for ten minutes.
 */
import type { Producer } from 'kafkajs'
import { ended, progressed, started, type RunFacts } from '../../processors/runs/run-records.ts'
import type { TrainingRun } from '../../schemas/generated.ts'
import type { Codecs } from '../../streams/codec.ts'
import { messageOf } from '../../streams/errors.ts'
import type { Logger } from '../../streams/log.ts'
import { trainingRunsTopic } from '../../streams/topics.ts'
import type { Outcome } from '../scheduler/scheduler.ts'

const LIFE_SIGN_MS = 5_000

export class RunRecorder {
  private run: TrainingRun
  private readonly producer: Pick<Producer, 'send'>
  private readonly codecs: Codecs
  private readonly logger: Logger
  private readonly timer: NodeJS.Timeout
  private facts: RunFacts = {}
  private sending: Promise<void> = Promise.resolve()

  /** Writes that the run has started. */
  constructor(
    queued: TrainingRun,
    runner: string,
    {
      producer,
      codecs,
      logger,
    }: { producer: Pick<Producer, 'send'>; codecs: Codecs; logger: Logger },
  ) {
    this.producer = producer
    this.codecs = codecs
    this.logger = logger
    this.run = started(queued, runner, Date.now())
    this.write(this.run)
    this.timer = setInterval(() => this.write(this.now()), LIFE_SIGN_MS)
  }

  /** As written last. */
  get record(): TrainingRun {
    return this.run
  }

  progress(facts: RunFacts): void {
    const isNew = facts.stage !== undefined && facts.stage !== this.run.stage
    this.facts = { ...this.facts, ...facts }
    if (isNew) this.write(this.now())
  }

  /** @returns the last record, which is in the topic when this resolves. */
  async end(outcome: Outcome, pricePerCpuHour: number): Promise<TrainingRun> {
    clearInterval(this.timer)
    const last = ended(this.now(), outcome.kind, { ...outcome, pricePerCpuHour }, Date.now())
    this.write(outcome.kind === 'succeeded' ? last : { ...last, message: outcome.message })
    await this.sending
    return this.run
  }

  private now(): TrainingRun {
    return progressed(this.run, this.facts, Date.now())
  }

  private write(run: TrainingRun): void {
    this.run = run
    const topic = trainingRunsTopic
    const message = { key: topic.keyOf(run), value: this.codecs.of(topic).encode(run) }
    this.sending = this.sending
      .then(() => this.producer.send({ topic: topic.name, messages: [message] }))
      .then(
        () => undefined,
        (thrown: unknown) =>
          this.logger.warn(
            { runId: run.runId, cause: messageOf(thrown) },
            'The state of the training run was not recorded',
          ),
      )
  }
}
