/** Checks all that the pipeline needs of a machine, each with what to do if it is not there. */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { LOOPBACK, type Config } from '../../streams/config.ts'
import { messageOf } from '../../streams/errors.ts'
import { projectRoot } from '../project-root.ts'
import { ARTEFACT_NAMES } from './artefact-lock.ts'
import { isInstalled } from './artefacts.ts'
import { findJava, JAVA_ADVICE, JAVA_LEAST } from './java.ts'
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

export interface Check {
  readonly name: string
  readonly result: 'ok' | 'fail'
  readonly detail: string
  /** What to do; missing if all is well. */
  readonly remedy?: string
}

const ok = (name: string, detail: string): Check => ({ name, result: 'ok', detail })
const verdict = (good: boolean, name: string, detail: string, remedy: string): Check =>
  good ? ok(name, detail) : { name, result: 'fail', detail, remedy }

export async function examine(config: Config): Promise<Check[]> {
  return [
    nodeCheck(),
    modulesCheck(),
    ...(config.external.kafka && config.external.registry ? [] : [await javaCheck()]),
    mavenCheck(config),
    await diskCheck(config),
    memoryCheck(),
    ...(config.external.redis ? [] : [await redisCheck()]),
    openMpCheck(),
    ...(await Promise.all(COMPONENTS.map((component) => storeCheck(config, component)))),
  ]
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
function modulesCheck(): Check {
  const load = createRequire(join(projectRoot, 'package.json'))
  const broken = ['chdb', 'koffi', 'onnxruntime-node'].flatMap((name) => {
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

async function javaCheck(): Promise<Check> {
  const java = await findJava()
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
  return ok(
    'maven',
    mvn ?? `not installed, artefacts come from ${config.mavenRepositoryUrl} by plain HTTPS`,
  )
}

async function diskCheck(config: Config): Promise<Check> {
  const free = await freeDiskBytes(config.dataDir)
  const fetched = ARTEFACT_NAMES.filter((name) => isInstalled(config, name))
  const detail = `${gigabytes(free)} GB free at ${config.dataDir}; fetched: ${fetched.join(', ') || 'nothing yet'}`
  return verdict(
    free >= DISK_LEAST_BYTES,
    'disk',
    detail,
    `Free ${gigabytes(DISK_LEAST_BYTES)} GB or set CANDLEWIRE_DATA_DIR to another disk.`,
  )
}

function memoryCheck(): Check {
  const available = availableMemoryBytes()
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
  if (found !== undefined) return ok('redis-server', `version ${found.major} at ${found.path}`)
  if (process.platform !== 'linux')
    return ok('redis-server', 'none on the PATH, the pinned binary is used')
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
  if (hasLibrary(names)) return ok('openmp', names[0] ?? '')
  const remedy =
    'Training with LightGBM needs it: sudo apt-get install libgomp1, or on macOS brew install libomp.'
  return { name: 'openmp', result: 'fail', detail: `${names[0]} is not installed`, remedy }
}

async function storeCheck(config: Config, component: (typeof COMPONENTS)[number]): Promise<Check> {
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
