/**
 * `npm run chaos -- --minutes N [--seed S] [--json FILE]`: the real local stack and its services under
 * SIGKILL, SIGSTOP and an emptied Redis while candles and headlines flow; afterwards everything has to
 * equal an undisturbed run of the same input. Exit codes: 0 equal, 1 different, 2 wrong usage.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { catchUp } from '../../bin/start/catch-up.ts'
import { nodeProgram } from '../../bin/stack/node-program.ts'
import { messageOf } from '../../streams/errors.ts'
import { CLICKHOUSE_GROUP } from '../../processors/sinks/clickhouse/clickhouse-sink.ts'
import { REDIS_GROUP } from '../../processors/sinks/redis/redis-sink.ts'
import { featuresTopic, newsTopic, sentimentTopic } from '../../streams/topics.ts'
import { publishChaosModel } from './chaos-model.ts'
import { startChaosStack, type ChaosStack } from './chaos-stack.ts'
import { differences } from './compare.ts'
import { faultSchedule, type Fault } from './fault-schedule.ts'
import { FaultRunner, type FollowedFault } from './fault-runner.ts'
import { feed } from './market-feed.ts'
import { OutsideReader } from './outside-reader.ts'
import { PositionWatch } from './positions.ts'
import { COMPARED_TOPICS, publishedState, type PublishedState } from './published-state.ts'
import { recoveriesOf, reportLines, type ChaosReport } from './report.ts'
import { findKcat, kcatFaults } from './second-client.ts'
import { DRIFT, DRIFT_OUTCOMES, FEATURES, LABELS, OUTCOMES, SCORER, TARGETS } from './targets.ts'

const INSTRUMENTS = ['CHAOS_A', 'CHAOS_B', 'CHAOS_C', 'CHAOS_D']
const STUCK_MS = 240_000
const REPLAY_MS = 300_000

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    pace: { type: 'string', default: '6' },
    json: { type: 'string' },
  },
})
const [minutes, seed, pace] = [Number(values.minutes), Number(values.seed), Number(values.pace)]
if (!(minutes > 0) || !Number.isSafeInteger(seed) || !(pace > 0)) {
  console.error(
    'Usage: npm run chaos -- --minutes N [--seed S] [--pace CANDLES_A_SECOND] [--json F]',
  )
  process.exit(2)
}
const candles = Math.round(minutes * 60 * pace)
const startedAt = Date.now()
const say = (line: string): void =>
  console.log(`${((Date.now() - startedAt) / 1000).toFixed(1).padStart(7)}  ${line}`)

interface Run {
  readonly state: PublishedState
  readonly faults: readonly FollowedFault[]
  readonly wrong: readonly string[]
  readonly recordsWatched: number
  readonly secondClient: 'kcat' | null
}

/** One run of the whole input on a stack of its own. */
async function once(folder: string, schedule: readonly Fault[], speed: number): Promise<Run> {
  const stack = await startChaosStack(join(folder, 'data'), say)
  try {
    return await Promise.race([onStack(stack, folder, schedule, speed), stack.failed])
  } finally {
    await stack.stop()
  }
}

async function onStack(
  stack: ChaosStack,
  folder: string,
  schedule: readonly Fault[],
  speed: number,
): Promise<Run> {
  const { context, config } = stack
  const outside = new OutsideReader(config.kafkaBrokers)
  const watch = new PositionWatch(
    context,
    TARGETS.flatMap(({ moves }) => moves),
  )
  try {
    await publishChaosModel(stack, INSTRUMENTS)
    say('the model is live; candles flow')
    watch.start()
    const runner = new FaultRunner(stack, watch, say)
    const fed = feed({ context, instruments: INSTRUMENTS, candles, pace: speed, say }).then(() => {
      runner.isInputOver = true
    })
    const [faults] = await Promise.all([runner.run(schedule), fed])
    say('everything is published; draining')
    await drain(stack)
    const state = await publishedState(context, join(folder, 'published'))
    const wrong = [...state.faults]
    const watched = await outside.faults(state.raw)
    wrong.push(...watched.faults, ...(await replayFaults(stack)))
    const kcat = await findKcat(stack.environment['CANDLEWIRE_LIB_DIR'] ?? folder, say)
    if (kcat !== undefined) wrong.push(...(await kcatFaults(kcat, config, state.raw)))
    return {
      state,
      faults,
      wrong,
      recordsWatched: watched.records,
      secondClient: kcat === undefined ? null : 'kcat',
    }
  } finally {
    outside.kill()
    await watch.stop()
  }
}

/** Until every group has processed all there is, upstream first. */
async function drain({ context }: ChaosStack): Promise<void> {
  const sinks = [
    ...COMPARED_TOPICS.map((topic) => ({ groupId: CLICKHOUSE_GROUP, topic: topic.name })),
    ...[featuresTopic, newsTopic, sentimentTopic].map((topic) => ({
      groupId: REDIS_GROUP,
      topic: topic.name,
    })),
  ]
  await catchUp([FEATURES, LABELS, DRIFT, SCORER, OUTCOMES, DRIFT_OUTCOMES, ...sinks], {
    ...context,
    stuckMs: STUCK_MS,
  })
}

/** Byte for byte, articles cut where the lineage of each vector says. */
async function replayFaults({ environment }: ChaosStack): Promise<string[]> {
  const { command, args } = nodeProgram('bin/cli', ['replay', '--json'])
  try {
    await promisify(execFile)(command, args, {
      env: { ...process.env, ...environment },
      timeout: REPLAY_MS,
    })
    return []
  } catch (thrown) {
    return [`replay: ${(thrown as { stdout?: string }).stdout ?? ''} ${messageOf(thrown)}`]
  }
}

console.log(`seed ${seed}`)
const folder = mkdtempSync(join(tmpdir(), 'candlewire-chaos-'))
let passed = false
try {
  say(`undisturbed: ${candles} candles of each of ${INSTRUMENTS.length} instruments`)
  const undisturbed = await once(join(folder, 'undisturbed'), [], Infinity)
  const schedule = faultSchedule(seed, minutes * 60_000, TARGETS)
  say(`disturbed: ${schedule.length} faults in ${minutes} minutes, ${pace} candles a second each`)
  const disturbed = await once(join(folder, 'disturbed'), schedule, pace)
  const wrong = [
    ...undisturbed.wrong.map((each) => `undisturbed run: ${each}`),
    ...disturbed.wrong,
    ...differences(undisturbed.state, disturbed.state),
    ...disturbed.faults
      .filter(({ hitAtMs, recoveredMs }) => hitAtMs !== null && recoveredMs === null)
      .map(({ target, kind }) => `${target} did not recover from ${kind}`),
  ]
  passed = wrong.length === 0
  const report: ChaosReport = {
    seed,
    minutes,
    passed,
    differences: wrong,
    faults: disturbed.faults,
    recoveries: recoveriesOf(disturbed.faults),
    compared: disturbed.state.parts.map(({ file: _, ...part }) => part),
    recordsWatched: disturbed.recordsWatched,
    secondClient: disturbed.secondClient,
  }
  console.log(reportLines(report).join('\n'))
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(report, null, 2) + '\n')
} catch (thrown) {
  console.error(thrown)
} finally {
  if (passed) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  else console.log(`What both runs published, and the logs of the processes, are kept in ${folder}`)
}
process.exit(passed ? 0 : 1)
