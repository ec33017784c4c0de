/**
 * One run of the pipeline under faults, decided by a seed: real processors, codecs and runtime over a
 * simulated log.
 *
 *   - candles come plainly, articles in transactions of which some abort, undecodable bytes in between;
 *   - processes crash at any request, before or after it took effect;
 *   - partitions are taken over while their owner stands still; it wakes up later and goes on;
 *   - batches begin before the position or come again from far back, markers are written late;
 *   - the clock on the wall is set forward and back.
 *
 * What comes out is judged by checkers.ts, which shares nothing with the runtime but the processors.
 */
import { offlineCodecs, type Codecs } from '../../streams/codec.ts'
import { CandlewireError } from '../../streams/errors.ts'
import { createLogger } from '../../streams/log.ts'
import { Random } from '../../streams/sources/simulation/random.ts'
import { ALL_TOPICS } from '../../streams/topics.ts'
import { PartitionWorker } from '../../processors/runtime/partition-worker.ts'
import type { AnyProcessor } from '../../processors/runtime/work.ts'
import { noWork } from '../../processors/runtime/work-stats.ts'
import { Scheduler } from './scheduler.ts'
import { SimulatedClock } from './simulated-clock.ts'
import {
  CrashError,
  simulatedAdmin,
  simulatedKafka,
  simulatedReader,
  type World,
} from './simulated-clients.ts'
import { FencedError, SimulatedLog, type LogRecord } from './simulated-log.ts'
import type { MakeScenario, Scenario } from './scenario.ts'
import { MARKET } from './simulated-processors.ts'

export const PARTITIONS = 2
const START_MS = Date.UTC(2025, 2, 7, 14, 30)

export interface SimulationResult {
  readonly scenario: Scenario
  readonly log: SimulatedLog
  readonly codecs: Codecs
  readonly turns: number
  readonly takeovers: number
  readonly fenced: number
  readonly clockJumps: number
  /** Fetches that began long before the position. */
  readonly redelivered: number
  readonly crashes: ReadonlyMap<string, number>
  /** `partition/offset` of each candle to how far articles were decided when it was first fetched. */
  readonly decided: ReadonlyMap<string, number>
}

export async function simulate(
  seed: number,
  scenario: MakeScenario = MARKET,
): Promise<SimulationResult> {
  return new Simulation(seed, scenario).run()
}

class Simulation {
  private readonly scenario: Scenario
  private readonly codecs: Codecs
  private readonly random: Random
  private readonly world: World
  private readonly running: Promise<void>[] = []
  /** Newest owner of each processor's partition. */
  private readonly generations = new Map<string, number>()
  private readonly decided = new Map<string, number>()
  private inputsLeft: number
  private takeovers = 0
  private fenced = 0
  private redelivered = 0
  private readonly clock: SimulatedClock
  private readonly repeats: Random
  /** A run differs from the next in how rough it is, not only in when. */
  private readonly roughness: { readonly takeover: number; readonly marker: number }

  constructor(seed: number, scenario: MakeScenario) {
    this.random = new Random(seed, 'simulation')
    const { random } = this
    this.roughness = { takeover: random.uniform() * 0.02, marker: 0.02 + random.uniform() * 0.5 }
    this.world = {
      log: new SimulatedLog(),
      scheduler: new Scheduler(new Random(seed, 'scheduler')),
      random: new Random(seed, 'faults'),
      crashShare: random.uniform() * 0.04,
      crashes: new Map(),
    }
    this.scenario = scenario(() => this.world.scheduler.turns)
    this.codecs = offlineCodecs([...ALL_TOPICS, ...this.scenario.ownTopics])
    this.inputsLeft = this.scenario.writers.length
    this.clock = new SimulatedClock(this.world.scheduler, new Random(seed, 'clock'), START_MS)
    this.repeats = new Random(seed, 'repeats')
  }

  run(): Promise<SimulationResult> {
    return this.clock.whileInForce(() => this.runAll())
  }

  private async runAll(): Promise<SimulationResult> {
    const { scenario, world, random, codecs } = this
    for (const write of scenario.writers)
      this.start(write({ world, random, codecs }).then(() => void (this.inputsLeft -= 1)))
    for (const make of scenario.processors)
      for (let partition = 0; partition < PARTITIONS; partition += 1) this.takeOver(make, partition)
    await world.scheduler.run(this.allDone(), () => this.betweenTurns())
    const { log, scheduler, crashes } = world
    log.settleAll()
    const { takeovers, fenced, redelivered, decided } = this
    const faults = { takeovers, fenced, redelivered, crashes, clockJumps: this.clock.jumps }
    return { scenario, log, codecs, turns: scheduler.turns, ...faults, decided }
  }

  private start(actor: Promise<void>): void {
    actor.catch(() => undefined)
    this.running.push(actor)
  }

  /** Actors may start others, so this looks again until none is new. */
  private async allDone(): Promise<void> {
    for (let seen = 0; seen < this.running.length;) {
      const some = this.running.slice(seen)
      seen = this.running.length
      await Promise.all(some)
    }
  }

  private betweenTurns(): void {
    const { random, world, roughness } = this
    this.clock.maybeJump()
    if (random.uniform() < roughness.marker) world.log.settleAll()
    if (this.inputsLeft === 0) {
      // What goes on for ever would never end: faults stop when the input does.
      world.crashShare = Math.max(0, world.crashShare - 1e-4)
      if (random.uniform() < 0.05) world.scheduler.wakeAll()
      return
    }
    if (random.uniform() >= roughness.takeover) return
    const make = random.pick(this.scenario.processors)
    const partition = Math.floor(random.uniform() * PARTITIONS)
    const { name } = make()
    // The owner stands still, and somebody else is given its partition.
    world.scheduler.stall(
      actorName(name, partition, this.generations.get(slotName(name, partition)) ?? 0),
    )
    this.takeOver(make, partition)
  }

  private takeOver(make: () => AnyProcessor, partition: number): void {
    const slot = slotName(make().name, partition)
    const generation = (this.generations.get(slot) ?? 0) + 1
    this.generations.set(slot, generation)
    if (generation > 1) this.takeovers += 1
    this.start(this.own(make, partition, generation))
  }

  /** One process that owns a partition until somebody else does, or all is done. */
  private async own(
    make: () => AnyProcessor,
    partition: number,
    generation: number,
  ): Promise<void> {
    const { name } = make()
    const isNewest = () => this.generations.get(slotName(name, partition)) === generation
    for (;;) {
      try {
        await this.ownOnce(make(), partition, actorName(name, partition, generation), isNewest)
        return
      } catch (thrown) {
        const isFenced =
          thrown instanceof FencedError ||
          (thrown instanceof CandlewireError && thrown.code === 'FENCED')
        if (!isFenced && !(thrown instanceof CrashError)) throw thrown
        if (isFenced) this.fenced += 1
        if (!isNewest()) return
      }
    }
  }

  private async ownOnce(
    work: AnyProcessor,
    partition: number,
    actor: string,
    isNewest: () => boolean,
  ): Promise<void> {
    const { world, random } = this
    const worker = new PartitionWorker(
      {
        config: {
          snapshotEveryRecords: 3 + Math.floor(random.uniform() * 30),
          transactionRecordsMax: 1 + Math.floor(random.uniform() * 12),
        },
        kafka: simulatedKafka(world, actor),
        admin: simulatedAdmin(world, actor, PARTITIONS),
        reader: simulatedReader(world, actor),
        codecs: this.codecs,
        logger: silent,
      },
      work,
      partition,
      noWork(),
    )
    await worker.open()
    for (;;) {
      await world.scheduler.turn(actor)
      const input = work.input.name
      const end = world.log.lastStableOffset(input, partition)
      if (worker.position < end) {
        // A fetch may begin before the position, and hold part of what there is.
        const overlap = Math.floor(random.uniform() * 4)
        const from = this.comesAgainFrom(worker.position) ?? Math.max(0, worker.position - overlap)
        const to = Math.min(end, worker.position + 1 + Math.floor(random.uniform() * 25))
        const records = world.log.read(input, partition, from, to)
        if (work.sideInput !== undefined && work.sideInput.cutOf === undefined)
          this.noteDecided(work, partition, records)
        await worker.process(records.map((record) => ({ partition, ...record })))
        // Nothing but aborted records and markers: a consumer steps over them.
        if (records.every(({ offset }) => offset < worker.position))
          worker.position = Math.max(worker.position, to)
      } else if (!isNewest() || this.isThrough(work, partition, worker.position)) {
        return
      }
    }
  }

  /** Now and then a consumer is given records again that it processed long ago. */
  private comesAgainFrom(position: number): number | undefined {
    if (this.repeats.uniform() >= 0.05) return undefined
    this.redelivered += 1
    return Math.floor(this.repeats.uniform() * position)
  }

  private noteDecided(work: AnyProcessor, partition: number, records: readonly LogRecord[]): void {
    const end = this.world.log.lastStableOffset(work.sideInput?.topic.name ?? '', partition)
    for (const { offset } of records) {
      const key = `${partition}/${offset}`
      if (!this.decided.has(key)) this.decided.set(key, end)
    }
  }

  /** Whether nothing can come any more: the input is complete, and so is whoever writes it. */
  private isThrough(work: AnyProcessor, partition: number, position: number): boolean {
    const { log } = this.world
    if (this.inputsLeft > 0 || position < log.length(work.input.name, partition)) return false
    const { processors, upstream: reads } = this.scenario
    const upstream = processors
      .map((make) => make())
      .filter(({ name }) => reads[work.name]?.includes(name))
    return upstream.every(({ name, input }) => {
      const committed = log.committedOffset(`candlewire-${name}`, input.name, partition) ?? 0
      return log.read(input.name, partition, committed, Infinity).length === 0
    })
  }
}

const silent = createLogger({ logLevel: 'silent' }, 'simulation')
const slotName = (name: string, partition: number): string => `${name}/${partition}`
const actorName = (name: string, partition: number, generation: number): string =>
  `${name}/${partition}#${generation}`
