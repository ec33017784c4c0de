/** Checks all that the pipeline needs of a machine, each with what to do if it is not there. */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { LOOPBACK, type Config } from '../../streams/config.ts'
import { messageOf } from '../../streams/errors.ts'
import { projectRoot } from '../project-root.ts'
import { ARTEFACT_NAMES } from './artefact-lock.ts'
import { isInstalled } from './artefacts.ts'
import { findJava, JAVA_ADVICE, JAVA_LEAST, type Java } from './java.ts'
import {
  availableMemoryBytes,
  DISK_LEAST_BYTES,
  freeDiskBytes,
  gigabytes,
  hasLibrary,
  MEMORY_LEAST_BYTES,
} from './machine.ts'
import { isRunning, readRecord } from './process-records.ts'
import { findMaven } from './maven.ts'
import { isFree } from './ports.ts'
import { redisOnPath } from './redis-server.ts'
import { COMPONENTS } from './components.ts'
import type { ComponentName } from './component.ts'
import { failed, passed, verdict, type Check } from './doctor-check.ts'
import { clockCheck, folderCheck, librariesCheck, recordsCheck } from './doctor-files.ts'
import {
  clickHouseVersionCheck,
  redisVersionCheck,
  schemasCheck,
  topicsCheck,
} from './doctor-services.ts'

/** Every check; those of services only where these answer. */
export async function examine(config: Config): Promise<Check[]> {
  const stores = await Promise.all(COMPONENTS.map((component) => storeCheck(config, component)))
  return [
    nodeCheck(),
    modulesCheck(config),
    ...(config.external.kafka && config.external.registry ? [] : [javaCheck(await findJava())]),
    mavenCheck(config),
    folderCheck(config),
    librariesCheck(config),
    diskCheck(config, await freeDiskBytes(config.dataDir)),
    memoryCheck(availableMemoryBytes()),
    ...(config.external.redis ? [] : [await redisCheck()]),
    openMpCheck(),
    clockCheck(config),
    recordsCheck(config),
    ...stores,
    ...(await serviceChecks(config, stores)),
  ]
}

/** What can only be asked where somebody answers. A question that fails is itself a finding. */
async function serviceChecks(config: Config, stores: readonly Check[]): Promise<Check[]> {
  const healthy = (name: ComponentName) => {
    const up = config.external[name] || isRunning(readRecord(config, name))
    return up && stores.find((check) => check.name === name)?.result === 'ok'
  }
  const questions: readonly (readonly [string, boolean, (config: Config) => Promise<Check>])[] = [
    ['topics', healthy('kafka'), topicsCheck],
    ['schemas', healthy('registry'), schemasCheck],
    ['redis version', config.external.redis && healthy('redis'), redisVersionCheck],
    [
      'clickhouse version',
      config.external.clickhouse && healthy('clickhouse'),
      clickHouseVersionCheck,
    ],
  ]
  return Promise.all(
    questions
      .filter(([, isAsked]) => isAsked)
      .map(([name, , ask]) =>
        ask(config).catch((thrown: unknown) =>
          failed(
            name,
            messageOf(thrown),
            'It answers, but not to this: see its log and its rights.',
          ),
        ),
      ),
  )
}

function nodeCheck(): Check {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const good = major > 20 || (major === 20 && minor >= 12)
  return verdict(
    good,
    'node',
    `version ${process.versions.node}`,
    'Install Node 20.12 or later from https://nodejs.org.',
  )
}

/** Loads what has native parts: they are prebuilt for Linux (glibc) and macOS, x64 and arm64. */
function modulesCheck(config: Config): Check {
  const load = createRequire(join(projectRoot, 'package.json'))
  // The embedded engine is not needed beside a ClickHouse that is given (an image leaves it out).
  const embedded = config.external.clickhouse ? [] : ['chdb']
  const broken = [...embedded, 'koffi', 'onnxruntime-node'].flatMap((name) => {
    try {
      load(name)
      return []
    } catch (thrown) {
      return [`${name}: ${messageOf(thrown).split('\n')[0] ?? ''}`]
    }
  })
  const detail = broken.length === 0 ? 'native modules load' : broken.join('; ')
  return verdict(
    broken.length === 0,
    'modules',
    detail,
    'Delete node_modules and run `npm ci`; the platform must be Linux with glibc, or macOS.',
  )
}

/** @param java what was found on this machine */
export function javaCheck(java: Java | undefined): Check {
  const detail = java === undefined ? 'none found' : `version ${java.version} at ${java.path}`
  const good = java !== undefined && java.version >= JAVA_LEAST
  return verdict(
    good,
    'java',
    detail,
    `Kafka and the schema registry need Java ${JAVA_LEAST} or later: ${JAVA_ADVICE}.`,
  )
}

function mavenCheck(config: Config): Check {
  const mvn = findMaven()
  return passed(
    'maven',
    mvn ?? `not installed, artefacts come from ${config.mavenRepositoryUrl} by plain HTTPS`,
  )
}

/** @param free bytes at the data directory */
export function diskCheck(config: Pick<Config, 'dataDir' | 'libDir'>, free: number): Check {
  const fetched = ARTEFACT_NAMES.filter((name) => isInstalled(config, name))
  const detail = `${gigabytes(free)} GB free at ${config.dataDir}; fetched: ${fetched.join(', ') || 'nothing yet'}`
  return verdict(
    free >= DISK_LEAST_BYTES,
    'disk',
    detail,
    `Free ${gigabytes(DISK_LEAST_BYTES)} GB or set CANDLEWIRE_DATA_DIR to another disk.`,
  )
}

/** @param available bytes that programs can get */
export function memoryCheck(available: number): Check {
  const remedy = `The stores need ${gigabytes(MEMORY_LEAST_BYTES)} GB, training more: close other programs.`
  return verdict(
    available >= MEMORY_LEAST_BYTES,
    'memory',
    `${gigabytes(available)} GB available`,
    remedy,
  )
}

async function redisCheck(): Promise<Check> {
  const found = await redisOnPath()
  if (found !== undefined) return passed('redis-server', `version ${found.major} at ${found.path}`)
  if (process.platform !== 'linux')
    return passed('redis-server', 'none on the PATH, the pinned binary is used')
  const { header } = process.report.getReport() as unknown as {
    header: { glibcVersionRuntime?: string }
  }
  const [major = 0, minor = 0] = (header.glibcVersionRuntime ?? '0.0').split('.').map(Number)
  const good = (major > 2 || minor >= 34) && hasLibrary(['libssl.so.3'])
  const detail = `none on the PATH; the pinned binary needs glibc 2.34 (here ${header.glibcVersionRuntime ?? 'none'}) and libssl.so.3`
  return verdict(
    good,
    'redis-server',
    detail,
    'Install one (Debian, Ubuntu: sudo apt-get install redis-server) or libssl3.',
  )
}

function openMpCheck(): Check {
  const names =
    process.platform === 'darwin'
      ? [
          'libomp.dylib',
          '/opt/homebrew/opt/libomp/lib/libomp.dylib',
          '/usr/local/opt/libomp/lib/libomp.dylib',
        ]
      : ['libgomp.so.1']
  if (hasLibrary(names)) return passed('openmp', names[0] ?? '')
  const remedy =
    'Training with LightGBM needs it: sudo apt-get install libgomp1, or on macOS brew install libomp.'
  return { name: 'openmp', result: 'fail', detail: `${names[0]} is not installed`, remedy }
}

export async function storeCheck(
  config: Config,
  component: (typeof COMPONENTS)[number],
): Promise<Check> {
  const { name, title } = component
  if (config.external[name]) {
    const detail = `given, ${component.address(config)}`
    return verdict(
      await component.isHealthy(config),
      name,
      detail,
      'It does not answer: start it, or remove the setting to use the local one.',
    )
  }
  if (isRunning(readRecord(config, name))) {
    return verdict(
      await component.isHealthy(config),
      name,
      `runs at ${component.address(config)}`,
      `${title} runs but does not answer: see its log in ${config.dataDir}/logs, or \`candlewire down\` and up again.`,
    )
  }
  const taken: string[] = []
  for (const { port, variable } of component.ports(config)) {
    if (!(await isFree(LOOPBACK, port))) taken.push(`${port} (set ${variable})`)
  }
  const detail =
    taken.length === 0
      ? `port ${component.ports(config)[0].port} is free`
      : `not started and port taken: ${taken.join(', ')}`
  return verdict(
    taken.length === 0,
    name,
    detail,
    'Stop the process that listens there, or set the variable to a free port.',
  )
}
