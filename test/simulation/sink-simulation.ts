/**
 * One run of the sinks under faults, decided by a seed: the real ClickHouse and Redis sinks over a
 * simulated log, group and stores.
 *
 *   - vectors come in transactions of which some abort, with tombstones and undecodable bytes in between;
 *   - stores are slow, refuse, do what they then do not answer, or do it long after the client gave up;
 *   - processes die at any moment, are stopped in order, join, or stand still and go on later with what
 *     they were writing, while another has their partitions;
 *   - Redis is emptied; the clock is set forward and back, so that keys expire.
 *
 * What the stores hold in the end is judged by sink-checkers.ts.
 */
import { offlineCodecs } from '../../streams/codec.ts'
import { Random } from '../../streams/sources/simulation/random.ts'
import { deadLettersTopic, featuresTopic } from '../../streams/topics.ts'
import { positionKey } from '../../processors/sinks/redis/keys.ts'
import { rowEncoder } from '../../processors/sinks/clickhouse/row-encoder.ts'
import type { SinkGroup } from '../../processors/sinks/sink-group.ts'
import { testVector } from '../support/vectors.ts'
import { Scheduler } from './scheduler.ts'
import { SimulatedClickHouse } from './simulated-clickhouse.ts'
import { SimulatedClock } from './simulated-clock.ts'
import { SimulatedGroup } from './simulated-group.ts'
import { SimulatedLog } from './simulated-log.ts'
import { SimulatedRedis } from './simulated-redis.ts'
import {
  featuresMapping,
  SINKS,
  startSink,
  type SinkName,
  type SinkWorld,
} from './sink-processes.ts'

export const SINK_PARTITIONS = 2
const TRANSACTIONS = 60
const START_MS = Date.UTC(2025, 2, 7, 14, 30)
/** A run takes some thousand; one that needs more will never end. */
const TURNS_MAX = 60_000

export interface SinkResult {
  readonly world: SinkWorld
  readonly turns: number
  /** Whether no block could reach the store after its writer was given up: rows are then exact without FINAL. */
  readonly isExact: boolean
  readonly deaths: number
  readonly stalls: number
  readonly emptied: number
  readonly clockJumps: number
  readonly happened: ReadonlyMap<string, number>
}

export const simulateSinks = (seed: number): Promise<SinkResult> => new SinkSimulation(seed).run()

interface Process {
  readonly sink: SinkName
  readonly actor: string
  readonly group: SinkGroup
  isStopping: boolean
}

class SinkSimulation {
  private readonly random: Random
  private readonly clock: SimulatedClock
  private readonly world: SinkWorld
  private readonly groups: Record<SinkName, SimulatedGroup>
  private readonly isExact: boolean
  private readonly roughness: {
    readonly death: number
    readonly stall: number
    readonly empty: number
  }
  private processes: Process[] = []
  private started = 0
  private inputEnded = false
  private broken: unknown
  private deaths = 0
  private stalls = 0
  private emptied = 0

  constructor(seed: number) {
    const random = (this.random = new Random(seed, 'sinks'))
    const scheduler = new Scheduler(new Random(seed, 'scheduler'))
    this.clock = new SimulatedClock(scheduler, new Random(seed, 'clock'), START_MS)
    this.isExact = random.uniform() < 0.3
    this.roughness = {
      death: random.uniform() * 0.02,
      stall: this.isExact ? 0 : random.uniform() * 0.02,
      empty: random.uniform() * 0.004,
    }
    this.world = {
      log: new SimulatedLog(),
      scheduler,
      random: new Random(seed, 'faults'),
      crashShare: 0,
      crashes: new Map(),
      codecs: offlineCodecs([featuresTopic, deadLettersTopic]),
      clickhouse: new SimulatedClickHouse(rowEncoder(featuresMapping)),
      redis: new SimulatedRedis(() => this.clock.nowMs),
      faults: {
        fails: random.uniform() * 0.15,
        crashes: random.uniform() * 0.03,
        isLate: !this.isExact,
      },
      happened: new Map(),
      kill: (actor) => this.die(actor),
    }
    const groupOf = (sink: SinkName) =>
      new SimulatedGroup(sink, featuresTopic.name, SINK_PARTITIONS, new Random(seed, sink))
    this.groups = { clickhouse: groupOf('clickhouse'), redis: groupOf('redis') }
  }

  run(): Promise<SinkResult> {
    return this.clock.whileInForce(async () => {
      for (const sink of SINKS)
        for (let each = this.isExact ? 1 : 2; each > 0; each -= 1) this.start(sink)
      const ended = Promise.all([this.market(), this.operator()])
      await this.world.scheduler.run(ended, () => this.clock.maybeJump())
      const { world, isExact, deaths, stalls, emptied } = this
      const faults = { deaths, stalls, emptied, clockJumps: this.clock.jumps }
      return { world, isExact, turns: world.scheduler.turns, ...faults, happened: world.happened }
    })
  }

  private start(sink: SinkName): void {
    this.started += 1
    const actor = `${sink}#${this.started}`
    const group = startSink(this.world, sink, this.groups[sink], actor)
    this.processes.push({ sink, actor, group, isStopping: false })
    group.failed.catch((thrown: unknown) => (this.broken ??= thrown))
  }

  private die(actor: string): void {
    const dead = this.processes.find((each) => each.actor === actor)
    if (dead === undefined) return
    this.deaths += 1
    this.world.scheduler.kill(actor)
    this.processes = this.processes.filter((each) => each !== dead)
    this.groups[dead.sink].leave(actor)
    this.start(dead.sink)
  }

  /** Makes trouble while the input lasts, then waits until the stores hold all of it. */
  private async operator(): Promise<void> {
    const { world, random, roughness } = this
    let isLastEmptying = random.uniform() < 0.5
    for (;;) {
      await world.scheduler.turn('operator')
      if (this.broken !== undefined) throw this.broken as Error
      if (world.scheduler.turns > TURNS_MAX) throw new Error(`Not through: ${this.whereItStands()}`)
      if (this.inputEnded) {
        world.faults.fails *= 0.99
        world.faults.crashes *= 0.99
        world.scheduler.wakeAll()
        if (!this.isThrough()) continue
        if (isLastEmptying) return
        // Nothing new comes any more: only who looks sees it.
        isLastEmptying = true
        this.empty()
        continue
      }
      if (random.uniform() < 0.3) world.log.settleAll()
      if (random.uniform() < roughness.empty) this.empty()
      const process = random.pick(this.processes as [Process, ...Process[]])
      if (random.uniform() < roughness.death) this.die(process.actor)
      else if (random.uniform() < roughness.death) void this.restart(process)
      else if (random.uniform() < roughness.stall) void this.stall(process)
    }
  }

  private empty(): void {
    this.emptied += 1
    this.world.redis.empty()
  }

  /** In order: what is held is stored, then another process starts. */
  private async restart(process: Process): Promise<void> {
    if (process.isStopping) return
    process.isStopping = true
    await process.group.stop()
    if (!this.processes.includes(process)) return
    this.processes = this.processes.filter((each) => each !== process)
    this.start(process.sink)
  }

  /** It stands still; the group gives its partitions away, and it goes on later. */
  private async stall({ sink, actor }: Process): Promise<void> {
    const { scheduler } = this.world
    this.stalls += 1
    scheduler.stall(actor)
    this.groups[sink].leave(actor)
    for (let turns = Math.floor(this.random.uniform() * 200); turns > 0; turns -= 1)
      await scheduler.turn('somebody')
    scheduler.wake(actor)
  }

  private isThrough(): boolean {
    const { log, redis } = this.world
    log.settleAll()
    return Array.from({ length: SINK_PARTITIONS }, (_, partition) => {
      const end = log.length(featuresTopic.name, partition)
      const stored = (sink: SinkName) =>
        this.processes.some(
          (each) =>
            each.sink === sink &&
            (each.group.storedUpTo(featuresTopic.name, partition) ?? 0) >= end,
        )
      const position = Number(redis.get(positionKey('redis', featuresTopic.name, partition)))
      return stored('clickhouse') && stored('redis') && position >= end
    }).every(Boolean)
  }

  private whereItStands(): string {
    const { redis, log } = this.world
    return JSON.stringify(
      Array.from({ length: SINK_PARTITIONS }, (_, partition) => ({
        end: log.length(featuresTopic.name, partition),
        position: redis.get(positionKey('redis', featuresTopic.name, partition)),
        stored: this.processes.map(({ actor, group }) => [
          actor,
          group.storedUpTo(featuresTopic.name, partition),
        ]),
      })),
    )
  }

  /** Vectors of three instruments, and of some that are seen once: what is lost of them nothing hides. */
  private async market(): Promise<void> {
    const { log, scheduler, codecs } = this.world
    const { random } = this
    const epoch = log.initProducer('market')
    for (let sent = 0; sent < TRANSACTIONS; sent += 1) {
      for (let more = Math.floor(random.uniform() * 4); more >= 0; more -= 1) {
        await scheduler.turn('market')
        const partition = Math.floor(random.uniform() * SINK_PARTITIONS)
        const instrument =
          random.uniform() < 0.2 ? `ONCE_${sent}_${more}` : `${random.pick(['A', 'B'])}${partition}`
        const value = () =>
          codecs.of(featuresTopic).encode(testVector(instrument, sent, { close: random.uniform() }))
        const chance = random.uniform()
        log.send('market', epoch, featuresTopic.name, partition, {
          key: Buffer.from(instrument),
          value: chance < 0.03 ? Buffer.from([0, 0, 0, 0, 9]) : chance < 0.06 ? null : value(),
          timestampMs: START_MS,
        })
      }
      await scheduler.turn('market')
      if (random.uniform() < 0.15) log.abort('market', epoch)
      else log.commit('market', epoch)
    }
    log.settleAll()
    this.inputEnded = true
  }
}
